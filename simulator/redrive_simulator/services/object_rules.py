"""Checks keys, headers and metadata of objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from redrive_model.resources.bucket import BucketSpec
from redrive_simulator.services.object_errors import invalid_argument
from redrive_simulator.services.refusals import Refused

_LONGEST_KEY = 1024
_MOST_METADATA = 2048
_CLASSES = frozenset(
    {
        "STANDARD",
        "REDUCED_REDUNDANCY",
        "STANDARD_IA",
        "ONEZONE_IA",
        "INTELLIGENT_TIERING",
        "GLACIER",
        "GLACIER_IR",
        "DEEP_ARCHIVE",
    }
)
#: Classes whose objects cannot be read before they are restored.
ARCHIVED = frozenset({"GLACIER", "DEEP_ARCHIVE"})
_ENCRYPTIONS = frozenset({"AES256", "aws:kms", "aws:kms:dsse"})


class Headers(TypedDict, total=False):
    """The headers that are stored with an object, by the names that boto3 gives them."""

    BucketKeyEnabled: bool
    CacheControl: str
    ContentDisposition: str
    ContentEncoding: str
    ContentLanguage: str
    ContentType: str
    Expires: Any
    Metadata: Mapping[str, str]
    SSEKMSKeyId: str
    ServerSideEncryption: str
    StorageClass: str
    WebsiteRedirectLocation: str


def check_key(key: str) -> None:
    """Refuse a key that is too long."""
    size = len(key.encode())
    if size > _LONGEST_KEY:
        details = {"Size": str(size), "MaxSizeAllowed": str(_LONGEST_KEY)}
        raise Refused("KeyTooLongError", "Your key is too long", details=details)


def stored_headers(given: Mapping[str, Any], bucket: BucketSpec) -> dict[str, Any]:
    """Return the headers that S3 keeps with an object, or refuse them.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-encryption.html: the bucket encrypts what is written
    without an encryption.

    Args:
        given: Headers of the request.
        bucket: The bucket.
    """
    storage = given.get("StorageClass", "STANDARD")
    if storage not in _CLASSES:
        details = {"StorageClassRequested": storage}
        raise Refused("InvalidStorageClass", "The storage class you specified is not valid", details=details)
    if "ServerSideEncryption" not in given and "SSEKMSKeyId" not in given and bucket.kms_key is not None:
        given = {**given, "SSEKMSKeyId": bucket.kms_key}
    encryption = given.get("ServerSideEncryption") or bucket.encryption or "AES256"
    if encryption not in _ENCRYPTIONS:
        message = "The encryption method specified is not supported"
        raise invalid_argument(message, "x-amz-server-side-encryption", encryption)
    if "SSEKMSKeyId" in given and not encryption.startswith("aws:kms"):
        raise invalid_argument(
            "Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : "
            "aws:kms",
            "x-amz-server-side-encryption",
            encryption,
        )
    defaults = {"ContentType": "binary/octet-stream", "ServerSideEncryption": encryption}
    headers = {**defaults, **given, "Metadata": _metadata(given.get("Metadata", {}))}
    if storage == "STANDARD":  # only the other ones are told
        headers.pop("StorageClass", None)
    return headers


def _metadata(given: Mapping[str, str]) -> dict[str, str]:
    """Return metadata as headers of HTTP bring them back."""
    metadata = {name.lower(): value.strip() for name, value in given.items()}
    size = sum(len(name.encode()) + len(value.encode()) for name, value in metadata.items())
    if size > _MOST_METADATA:
        message = "Your metadata headers exceed the maximum allowed metadata size"
        details = {"Size": str(size), "MaxSizeAllowed": str(_MOST_METADATA)}
        raise Refused("MetadataTooLarge", message, details=details)
    return metadata
