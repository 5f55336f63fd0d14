"""Reads buckets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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
        encryption: Encryption of objects that are written without one: `AES256`, `aws:kms` or `aws:kms:dsse`; `None`:
            the template does not say it.
        kms_key: Key of this encryption, if the template names one.
    """

    name: str
    bucket_name: str
    arn: str
    is_versioned: bool = False
    encryption: str | None = None
    kms_key: str | None = None


def read_bucket(resource: Resource) -> BucketSpec:
    """Read an `AWS::S3::Bucket`.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-lock.html: a bucket with Object Lock has versions.
    """
    given = resource.properties
    status = values.fields(given.get("VersioningConfiguration")).get("Status")
    is_versioned = status == "Enabled" or values.flag(given.get("ObjectLockEnabled"))
    rules: list[Any] = values.fields(given.get("BucketEncryption")).get("ServerSideEncryptionConfiguration") or []
    first = values.fields(rules[0] if rules else None)
    encryption = values.fields(first.get("ServerSideEncryptionByDefault"))
    return BucketSpec(
        resource.name,
        resource.reference,
        resource.arn,
        is_versioned,
        encryption.get("SSEAlgorithm"),
        encryption.get("KMSMasterKeyID"),
    )
