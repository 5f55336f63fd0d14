"""Reads buckets."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.resources import values
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class BucketSpec:
    """A bucket.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        bucket_name: Name at AWS.
        arn: ARN.
        is_versioned: Whether it keeps the versions of its objects.
    """

    name: str
    bucket_name: str
    arn: str
    is_versioned: bool = False


def read_bucket(resource: Resource) -> BucketSpec:
    """Read an `AWS::S3::Bucket`.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html: a bucket with Object Lock has versions.
    """
    given = resource.properties
    status = values.fields(given.get("VersioningConfiguration")).get("Status")
    is_versioned = status == "Enabled" or values.flag(given.get("ObjectLockEnabled"))
    return BucketSpec(resource.name, resource.reference, resource.arn, is_versioned)
