"""Reads buckets."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class BucketSpec:
    """A bucket.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        bucket_name: Name at AWS.
        arn: ARN.
    """

    name: str
    bucket_name: str
    arn: str


def read_bucket(resource: Resource) -> BucketSpec:
    """Read an `AWS::S3::Bucket`."""
    return BucketSpec(resource.name, resource.reference, resource.arn)
