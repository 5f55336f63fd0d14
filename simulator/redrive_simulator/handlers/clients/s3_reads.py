"""Gives the stand-in of S3 what all of its operations need: buckets, objects and their descriptions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import unquote

from redrive_simulator.handlers.clients.base import Client
from redrive_simulator.services.checksums import KNOWN
from redrive_simulator.services.object_errors import (
    invalid_argument,
    invalid_request,
    no_such_bucket,
    no_such_key,
    no_such_version,
    without_body,
)
from redrive_simulator.services.object_rules import ARCHIVED
from redrive_simulator.services.objects import NULL
from redrive_simulator.services.preconditions import Conditions, check_read, check_source
from redrive_simulator.services.ranges import range_of
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_simulator.services.buckets import Bucket
    from redrive_simulator.services.objects import StoredObject

_Method = TypeVar("_Method", bound=Callable[..., Any])
_ACCOUNT = re.compile(r"\d{12}")
_VERSION_ID = re.compile(r"[0-9a-f]{32}|null")


def answered_without_body(method: _Method) -> _Method:
    """Let an operation answer errors as a HEAD request does: by their status alone."""

    @wraps(method)
    def answer(*arguments: Any, **given: Any) -> Any:
        try:
            return method(*arguments, **given)
        except Refused as refused:
            raise without_body(refused) from None

    return cast("_Method", answer)


def copied_source(given: str) -> tuple[str, str, str | None]:
    """Return bucket, key and version of a `CopySource`, which boto3 has encoded."""
    path, _, version = given.removeprefix("/").partition("?versionId=")
    name, _, key = unquote(path).partition("/")
    if not key:
        raise invalid_argument("Invalid copy source object key", "x-amz-copy-source", "x-amz-copy-source")
    return name, key, version or None


def copies_nothing(bucket: Bucket, source: StoredObject, headers: Mapping[str, Any]) -> bool:
    """Decide if a copy of an object onto itself would change nothing.

    A bucket whose encryption is configured encrypts it anew, as recorded: `test_copy_in_place_with_bucket_encryption`.
    """
    changing = ("ServerSideEncryption", "WebsiteRedirectLocation")
    if bucket.spec.encryption is not None or any(name in headers for name in changing):
        return False
    return headers.get("StorageClass", "STANDARD") == source.headers.get("StorageClass", "STANDARD")


class S3Client(Client):
    """Base of the stand-in of S3."""

    @property
    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._world.time, UTC)

    def _time(self, seconds: float) -> datetime:
        """Return a time of the simulation as S3 tells it, in whole seconds."""
        return datetime.fromtimestamp(int(self._world.epoch + seconds), UTC)

    def _bucket(self, name: str, owner: str | None = None) -> Bucket:
        """Return a bucket by its name at AWS, or refuse one that does not exist or belongs to another account.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucket-owner-condition.html.
        """
        if name.startswith("arn:"):
            raise self._shared.missing(f"s3 on the access point {name}", "give the name of the bucket behind it")
        if owner is not None and not _ACCOUNT.fullmatch(owner):
            message = f"The value of the expected bucket owner parameter must be an AWS Account ID... [{owner}]"
            raise Refused("InvalidBucketOwnerAWSAccountID", message)
        found = next((each for each in self._resources.buckets.values() if each.spec.bucket_name == name), None)
        if found is None:
            raise no_such_bucket(name)
        if owner not in (None, self._world.parameters.account):
            raise Refused("AccessDenied", "Access Denied", 403)
        return found

    def _stored(self, bucket: Bucket, key: str, version: str | None, method: str) -> StoredObject:
        """Return an object, or a version of it, that a request reads."""
        self._check_version(bucket, key, version)
        found = bucket.get(key) if version is None else bucket.version(key, version)
        if found is None and version is not None and bucket.spec.is_versioned:
            raise no_such_version(key, version)
        if found is None:
            raise no_such_key(key)
        if found.is_marker and method == "COPY":
            raise invalid_request(
                "The source of a copy request may not specifically refer to a delete marker by version id."
            )
        if found.is_marker:
            message = "The specified method is not allowed against this resource."
            raise Refused("MethodNotAllowed", message, 405, {"Method": method, "ResourceType": "DeleteMarker"})
        return found

    def _read(self, bucket: Bucket, key: str, version: str | None, conditions: Conditions, method: str) -> StoredObject:
        """Return an object that a request reads under conditions."""
        stored = self._stored(bucket, key, version, method)
        check_read(stored.etag, self._time(stored.time), self._now, conditions)
        return stored

    def _source(self, given: str, owner: str | None, conditions: Conditions) -> StoredObject:
        """Return the object that a `CopySource` names."""
        name, key, version = copied_source(given)
        stored = self._stored(self._bucket(name, owner), key, version, "COPY")
        check_source(stored.etag, self._time(stored.time), self._now, conditions)
        self._check_not_archived(stored)
        return stored

    def _check_version(self, bucket: Bucket, key: str, version: str | None) -> None:
        """Refuse the id of a version that no object of the bucket can have."""
        if version is None or version == NULL:
            return
        if not bucket.spec.is_versioned or not _VERSION_ID.fullmatch(version):
            raise invalid_argument("Invalid version id specified", "versionId", version)

    def _described(
        self,
        operation: str,
        stored: StoredObject,
        wanted: str | None,
        part: int | None,
        checksum_mode: str | None,
        *,
        reads: bool = True,
    ) -> tuple[dict[str, Any], bytes]:
        """Return the headers of an answer about an object, and the part of its content that is asked for."""
        if reads:
            self._check_not_archived(stored)
        content, more = self._part(operation, stored, wanted, part)
        checksum = stored.checksum
        if part is not None and stored.part_checksums and checksum is not None:
            checksum = stored.part_checksums[part - 1]._replace(kind=checksum.kind)
        elif len(content) < len(stored.content):
            checksum = None
        described = {
            **stored.headers,
            **self._version(stored),
            "AcceptRanges": "bytes",
            "ContentLength": len(content),
            "ETag": stored.etag,
            "LastModified": self._time(stored.time),
            **more,
        }
        if checksum is not None and checksum_mode == "ENABLED":
            described |= checksum.members
        return described, content

    def _part(
        self, operation: str, stored: StoredObject, wanted: str | None, part: int | None
    ) -> tuple[bytes, dict[str, Any]]:
        size, more = len(stored.content), {}
        if wanted is not None and part is not None:
            raise invalid_request("Cannot specify both Range header and partNumber query parameter")
        if wanted is not None and "," in wanted:
            raise self._shared.missing(f"s3.{operation}(Range={wanted!r})", "give one range: S3 supports no others")
        ends = None if wanted is None else range_of(wanted, size)
        if part is not None:
            sizes = stored.parts or (size,)
            if not 1 <= part <= len(sizes):
                details = {"ActualPartCount": str(len(sizes)), "PartNumberRequested": str(part)}
                message = "The requested partnumber is not satisfiable"
                raise Refused("InvalidPartNumber", message, 416, details)
            start = sum(sizes[: part - 1])
            ends = start, start + sizes[part - 1]
            more = {"PartsCount": len(sizes)} if stored.parts else {}
        if ends is None:
            return stored.content, more
        shown = f"bytes {ends[0]}-{ends[1] - 1}/{size}"
        return stored.content[slice(*ends)], {**more, "ContentRange": shown, "HTTPStatusCode": 206}

    def _check_not_archived(self, stored: StoredObject) -> None:
        storage = stored.headers.get("StorageClass")
        if storage in ARCHIVED:
            message = "The operation is not valid for the object's storage class"
            raise Refused("InvalidObjectState", message, 403, {"StorageClass": storage})

    def _content(self, body: Any, length: int | None) -> bytes:
        """Return the content of a request."""
        given: Any = body.read() if hasattr(body, "read") else body
        content = given.encode() if isinstance(given, str) else bytes(given)
        if length not in (None, len(content)):
            raise self._shared.missing(f"s3 with ContentLength={length} for {len(content)} bytes", "leave it out")
        return content

    def _algorithm(self, operation: str, given: str | None) -> str | None:
        """Return the algorithm of a checksum, or refuse one that is not simulated."""
        if given is None or given in KNOWN:
            return given
        what = f"s3.{operation}(ChecksumAlgorithm={given!r})"
        raise self._shared.missing(what, f"give one of {', '.join(sorted(KNOWN))}")

    def _encryption(self, stored: StoredObject) -> dict[str, Any]:
        names = ("BucketKeyEnabled", "SSEKMSKeyId", "ServerSideEncryption")
        return {name: stored.headers[name] for name in names if name in stored.headers}

    def _version(self, stored: StoredObject, member: str = "VersionId") -> dict[str, str]:
        return {} if stored.version == NULL else {member: stored.version}
