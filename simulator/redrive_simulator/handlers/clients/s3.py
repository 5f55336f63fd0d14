"""Stands in for S3."""

# ruff: noqa: N803

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_simulator.services.buckets import Bucket, StoredObject

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")
_PAGE = 1000


class S3(Client):
    """Answers for buckets without versions: https://docs.aws.amazon.com/AmazonS3/latest/API/."""

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: Any = b"",
        IfNoneMatch: str | None = None,
        IfMatch: str | None = None,
        ContentType: str = "binary/octet-stream",
        ContentEncoding: str | None = None,
        CacheControl: str | None = None,
        Metadata: Mapping[str, str] | None = None,
        ServerSideEncryption: str = "AES256",
        SSEKMSKeyId: str | None = None,
        ChecksumAlgorithm: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`PutObject`; a checksum is not verified."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        there = bucket.get(Key)
        if IfMatch is not None and there is None:
            raise Refused("NoSuchKey", "The specified key does not exist.", 404)
        if (IfNoneMatch == "*" and there is not None) or (there is not None and IfMatch not in (None, there.etag)):
            raise _precondition()
        content: Any = Body.read() if hasattr(Body, "read") else Body
        headers = {
            "ContentType": ContentType,
            "ContentEncoding": ContentEncoding,
            "CacheControl": CacheControl,
            "Metadata": dict(Metadata or {}),
            "ServerSideEncryption": ServerSideEncryption,
            "SSEKMSKeyId": SSEKMSKeyId,
        }
        headers = {name: value for name, value in headers.items() if value is not None}
        stored = bucket.put(Key, content.encode() if isinstance(content, str) else bytes(content), headers)
        return {"ETag": stored.etag, "ServerSideEncryption": ServerSideEncryption}

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Range: str | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        ChecksumMode: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`GetObject`; a checksum is neither kept nor given."""
        from botocore.response import StreamingBody  # pyright: ignore

        stored = self._bucket(Bucket, ExpectedBucketOwner).get(Key)
        stored = found(stored, "NoSuchKey", "The specified key does not exist.", 404)
        _check_etag(stored, IfMatch, IfNoneMatch)
        content, more = stored.content, {}
        if Range is not None:
            content, start = _part(content, Range)
            text = f"bytes {start}-{start + len(content) - 1}/{len(stored.content)}"
            more = {"ContentRange": text, "HTTPStatusCode": 206}
        described = self._described(stored)
        body: Any = StreamingBody(BytesIO(content), len(content))  # pyright: ignore
        return {**described, **more, "ContentLength": len(content), "Body": body}

    def head_object(
        self,
        *,
        Bucket: str,
        Key: str,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        ChecksumMode: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`HeadObject`."""
        # A HEAD request has no body, so that its errors have no code but the status.
        stored = self._resources.buckets.get(Bucket)
        there = found(None if stored is None else stored.get(Key), "404", "Not Found", 404)
        _check_etag(there, IfMatch, IfNoneMatch)
        return self._described(there)

    def head_bucket(self, *, Bucket: str, ExpectedBucketOwner: str | None = None) -> dict[str, Any]:
        """`HeadBucket`."""
        found(self._resources.buckets.get(Bucket), "404", "Not Found", 404)
        return {"BucketRegion": self._world.parameters.region}

    def delete_object(self, *, Bucket: str, Key: str, ExpectedBucketOwner: str | None = None) -> dict[str, Any]:
        """`DeleteObject`; succeeds even if there is nothing to delete."""
        self._bucket(Bucket, ExpectedBucketOwner).delete(Key)
        return {"HTTPStatusCode": 204}

    def delete_objects(
        self,
        *,
        Bucket: str,
        Delete: Mapping[str, Any],
        ChecksumAlgorithm: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`DeleteObjects`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        keys: list[str] = [each["Key"] for each in Delete["Objects"]]
        for key in keys:
            bucket.delete(key)
        return {} if Delete.get("Quiet") else {"Deleted": [{"Key": key} for key in keys]}

    def copy_object(
        self, *, Bucket: str, Key: str, CopySource: str, ExpectedBucketOwner: str | None = None
    ) -> dict[str, Any]:
        """`CopyObject`, with the headers of the source."""
        name, _, key = unquote(CopySource.removeprefix("/")).partition("/")
        source = found(self._bucket(name).get(key), "NoSuchKey", "The specified key does not exist.", 404)
        target = self._bucket(Bucket, ExpectedBucketOwner)
        stored = target.put(Key, source.content, source.headers, "ObjectCreated:Copy")
        return {"CopyObjectResult": {"ETag": stored.etag, "LastModified": self._time(stored)}}

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = _PAGE,
        StartAfter: str = "",
        ContinuationToken: str | None = None,
        EncodingType: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListObjectsV2`."""
        keys = self._bucket(Bucket, ExpectedBucketOwner).objects
        after = unquote(ContinuationToken) if ContinuationToken is not None else StartAfter
        entries = list(_entries(sorted(keys), Prefix, Delimiter, after))
        page = entries[: min(MaxKeys, _PAGE)]
        reply: dict[str, Any] = {
            "Name": Bucket,
            "Prefix": Prefix,
            "MaxKeys": MaxKeys,
            "KeyCount": len(page),
            "IsTruncated": len(page) < len(entries),
        }
        write = quote if EncodingType == "url" else str
        contents = [self._listed(keys[key], write(key)) for key, is_prefix in page if not is_prefix]
        prefixes = [{"Prefix": write(prefix)} for prefix, is_prefix in page if is_prefix]
        if contents:
            reply["Contents"] = contents
        if prefixes:
            reply["CommonPrefixes"] = prefixes
        if reply["IsTruncated"] and page:
            reply["NextContinuationToken"] = quote(page[-1][0])
        if EncodingType is not None:
            reply["EncodingType"] = EncodingType
        return reply

    def list_objects(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = _PAGE,
        Marker: str = "",
        EncodingType: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListObjects`, which boto3's resources use."""
        common: dict[str, Any] = {"EncodingType": EncodingType, "ExpectedBucketOwner": ExpectedBucketOwner}
        reply = self.list_objects_v2(
            Bucket=Bucket, Prefix=Prefix, Delimiter=Delimiter, MaxKeys=MaxKeys, StartAfter=Marker, **common
        )
        del reply["KeyCount"]
        token = reply.pop("NextContinuationToken", None)
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html: only with a delimiter.
        following = {"NextMarker": unquote(token)} if token is not None and Delimiter else {}
        return {**reply, "Marker": Marker, **following}

    def _listed(self, stored: StoredObject, key: str) -> dict[str, Any]:
        size = len(stored.content)
        modified = self._time(stored)
        return {"Key": key, "Size": size, "ETag": stored.etag, "LastModified": modified, "StorageClass": "STANDARD"}

    def _described(self, stored: StoredObject) -> dict[str, Any]:
        size = len(stored.content)
        return {**stored.headers, "ETag": stored.etag, "ContentLength": size, "LastModified": self._time(stored)}

    def _time(self, stored: StoredObject) -> datetime:
        return datetime.fromtimestamp(int(self._world.epoch + stored.time), UTC)

    def _bucket(self, name: str, owner: str | None = None) -> Bucket:
        if owner not in (None, self._world.parameters.account):
            raise Refused("AccessDenied", "Access Denied", 403)
        message = f"The specified bucket does not exist: {name}"
        return found(self._resources.buckets.get(name), "NoSuchBucket", message, 404)


def _precondition() -> Refused:
    return Refused("PreconditionFailed", "At least one of the pre-conditions you specified did not hold", 412)


def _check_etag(stored: StoredObject, match: str | None, none_match: str | None) -> None:
    if match not in (None, stored.etag, stored.etag.strip('"')):
        raise _precondition()
    if none_match is not None and none_match in ("*", stored.etag, stored.etag.strip('"')):
        raise Refused("304", "Not Modified", 304)


def _part(content: bytes, wanted: str) -> tuple[bytes, int]:
    """Return the bytes of a `Range`, and the position of the first."""
    match = _RANGE.fullmatch(wanted)
    if match is None or match.groups() == ("", ""):
        raise Refused("InvalidArgument", f"the simulator knows ranges such as bytes=0-9, not {wanted!r}")
    first, last = match.groups()
    start = int(first) if first else max(0, len(content) - int(last))
    end = int(last) + 1 if first and last else len(content)
    if start >= len(content):
        raise Refused("InvalidRange", "The requested range is not satisfiable", 416)
    return content[start:end], start


def _entries(keys: list[str], prefix: str, delimiter: str, after: str) -> Iterator[tuple[str, bool]]:
    """Return the keys and common prefixes of a listing in order, each with whether it is a common prefix."""
    last = ""
    for key in keys:
        if not key.startswith(prefix):
            continue
        head, found_delimiter, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        entry = f"{prefix}{head}{delimiter}" if found_delimiter else key
        if entry > after and entry != last:
            yield entry, bool(found_delimiter)
        last = entry
