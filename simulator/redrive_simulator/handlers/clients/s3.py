"""Stands in for S3: its objects. What lists them, and multipart uploads, have files of their own."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING, Any, Unpack

from redrive_simulator.handlers.clients.base import also_takes
from redrive_simulator.handlers.clients.s3_listings import Listings
from redrive_simulator.handlers.clients.s3_reads import answered_without_body, copies_nothing
from redrive_simulator.handlers.clients.s3_uploads import Uploads
from redrive_simulator.services.checksums import check_md5, checksum_of, verified
from redrive_simulator.services.object_errors import (
    invalid_argument,
    invalid_request,
    malformed,
    no_such_version,
    not_implemented,
)
from redrive_simulator.services.object_rules import Headers, check_key, stored_headers
from redrive_simulator.services.preconditions import Conditions, check_delete, check_write
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_simulator.services.buckets import Bucket

_MOST_DELETED = 1000


class S3(Listings, Uploads):
    """Answers for buckets: https://docs.aws.amazon.com/AmazonS3/latest/API/."""

    @also_takes(Headers)
    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: Any = b"",
        ContentLength: int | None = None,
        ContentMD5: str | None = None,
        IfNoneMatch: str | None = None,
        IfMatch: str | None = None,
        ChecksumAlgorithm: str | None = None,
        ChecksumCRC32: str | None = None,
        ChecksumSHA1: str | None = None,
        ChecksumSHA256: str | None = None,
        ExpectedBucketOwner: str | None = None,
        **headers: Unpack[Headers],
    ) -> dict[str, Any]:
        """`PutObject`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_key(Key)
        stored = stored_headers(headers, bucket.spec)
        content = self._content(Body, ContentLength)
        check_md5(content, ContentMD5)
        given = {"CRC32": ChecksumCRC32, "SHA1": ChecksumSHA1, "SHA256": ChecksumSHA256}
        checksum = verified(content, given, self._algorithm("PutObject", ChecksumAlgorithm))
        there = bucket.get(Key)
        check_write(Key, None if there is None else there.etag, IfMatch, IfNoneMatch)
        written = bucket.put(Key, content, stored, checksum=checksum)
        return {"ETag": written.etag, **checksum.members, **self._encryption(written), **self._version(written)}

    def get_object(
        self,
        *,
        Bucket: str,
        Key: str,
        VersionId: str | None = None,
        Range: str | None = None,
        PartNumber: int | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        IfModifiedSince: datetime | None = None,
        IfUnmodifiedSince: datetime | None = None,
        ChecksumMode: str | None = None,
        ResponseCacheControl: str | None = None,
        ResponseContentDisposition: str | None = None,
        ResponseContentEncoding: str | None = None,
        ResponseContentLanguage: str | None = None,
        ResponseContentType: str | None = None,
        ResponseExpires: datetime | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`GetObject`."""
        from botocore.response import StreamingBody  # pyright: ignore

        conditions = Conditions(IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince)
        stored = self._read(self._bucket(Bucket, ExpectedBucketOwner), Key, VersionId, conditions, "GET")
        described, content = self._described("GetObject", stored, Range, PartNumber, ChecksumMode)
        shown = {
            "CacheControl": ResponseCacheControl,
            "ContentDisposition": ResponseContentDisposition,
            "ContentEncoding": ResponseContentEncoding,
            "ContentLanguage": ResponseContentLanguage,
            "ContentType": ResponseContentType,
            "Expires": ResponseExpires,
        }
        body: Any = StreamingBody(BytesIO(content), len(content))  # pyright: ignore
        return {**described, **{name: value for name, value in shown.items() if value is not None}, "Body": body}

    @answered_without_body
    def head_object(
        self,
        *,
        Bucket: str,
        Key: str,
        VersionId: str | None = None,
        Range: str | None = None,
        PartNumber: int | None = None,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        IfModifiedSince: datetime | None = None,
        IfUnmodifiedSince: datetime | None = None,
        ChecksumMode: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`HeadObject`."""
        conditions = Conditions(IfMatch, IfNoneMatch, IfModifiedSince, IfUnmodifiedSince)
        stored = self._read(self._bucket(Bucket, ExpectedBucketOwner), Key, VersionId, conditions, "HEAD")
        return self._described("HeadObject", stored, Range, PartNumber, ChecksumMode, reads=False)[0]

    @answered_without_body
    def head_bucket(self, *, Bucket: str, ExpectedBucketOwner: str | None = None) -> dict[str, Any]:
        """`HeadBucket`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        region = self._world.parameters.region
        return {"BucketArn": bucket.spec.arn, "BucketRegion": region, "AccessPointAlias": False}

    def delete_object(
        self,
        *,
        Bucket: str,
        Key: str,
        VersionId: str | None = None,
        IfMatch: str | None = None,
        IfMatchLastModifiedTime: datetime | None = None,
        IfMatchSize: int | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`DeleteObject`; succeeds even if there is nothing to delete."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_key(Key)
        if IfMatchLastModifiedTime is not None:
            raise not_implemented("x-amz-if-match-last-modified-time")
        if IfMatchSize is not None:
            raise not_implemented("x-amz-if-match-size")
        self._check_version(bucket, Key, VersionId)
        there = bucket.get(Key)
        check_delete(None if there is None else there.etag, IfMatch)
        deleted = self._deleted(bucket, Key, VersionId)
        marker = deleted.pop("DeleteMarkerVersionId", None)
        return {**deleted, **({} if marker is None else {"VersionId": marker}), "HTTPStatusCode": 204}

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
        self._algorithm("DeleteObjects", ChecksumAlgorithm)
        if not 0 < len(Delete["Objects"]) <= _MOST_DELETED:
            raise malformed()
        deleted: list[dict[str, Any]] = []
        failed: list[dict[str, Any]] = []
        for each in Delete["Objects"]:
            if "LastModifiedTime" in each or "Size" in each:
                what = "s3.DeleteObjects(LastModifiedTime=…, Size=…)"
                raise self._shared.missing(what, "leave them out: only directory buckets support them")
            named = {name: each[name] for name in ("Key", "VersionId") if name in each}
            there = bucket.get(each["Key"])
            try:
                check_key(each["Key"])
                self._check_version(bucket, each["Key"], each.get("VersionId"))
                check_delete(None if there is None else there.etag, each.get("ETag"))
                deleted.append({**named, **self._deleted(bucket, each["Key"], each.get("VersionId"))})
            except Refused as refused:
                if "VersionId" in each and refused.code == "InvalidArgument":  # as recorded: test_delete_objects
                    refused = no_such_version(each["Key"], each["VersionId"])
                failed.append({**named, "Code": refused.code, "Message": refused.message})
        reply = {"Deleted": [] if Delete.get("Quiet") else deleted, "Errors": failed}
        return {name: value for name, value in reply.items() if value}

    def _deleted(self, bucket: Bucket, key: str, version: str | None) -> dict[str, Any]:
        """Delete an object or a version, and return what `DeleteObjects` tells about it."""
        if version is None:
            marker = bucket.delete(key)
            return {} if marker is None else {"DeleteMarker": True, "DeleteMarkerVersionId": marker.version}
        stored = bucket.version(key, version)
        if stored is not None:
            bucket.delete_version(stored)
        told = {"VersionId": version} if bucket.spec.is_versioned else {}
        if stored is not None and stored.is_marker:
            return {**told, "DeleteMarker": True, "DeleteMarkerVersionId": version}
        return told

    @also_takes(Headers)
    def copy_object(
        self,
        *,
        Bucket: str,
        Key: str,
        CopySource: str,
        CopySourceIfMatch: str | None = None,
        CopySourceIfNoneMatch: str | None = None,
        CopySourceIfModifiedSince: datetime | None = None,
        CopySourceIfUnmodifiedSince: datetime | None = None,
        MetadataDirective: str = "COPY",
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        ChecksumAlgorithm: str | None = None,
        ExpectedBucketOwner: str | None = None,
        ExpectedSourceBucketOwner: str | None = None,
        **headers: Unpack[Headers],
    ) -> dict[str, Any]:
        """`CopyObject`."""
        target = self._bucket(Bucket, ExpectedBucketOwner)
        check_key(Key)
        if MetadataDirective not in ("COPY", "REPLACE"):
            raise invalid_argument("Unknown metadata directive.", "x-amz-metadata-directive", MetadataDirective)
        conditions = Conditions(
            CopySourceIfMatch, CopySourceIfNoneMatch, CopySourceIfModifiedSince, CopySourceIfUnmodifiedSince
        )
        source = self._source(CopySource, ExpectedSourceBucketOwner, conditions)
        is_itself = target.get(Key) is source
        if is_itself and MetadataDirective == "COPY" and copies_nothing(target, source, headers):
            raise invalid_request(
                "This copy request is illegal because it is trying to copy an object to itself without changing the "
                "object's metadata, storage class, website redirect location or encryption attributes."
            )
        there = target.get(Key)
        check_write(Key, None if there is None else there.etag, IfMatch, IfNoneMatch)
        stored = stored_headers(headers, target.spec)
        if MetadataDirective == "COPY":
            # Storage class, encryption and redirect are of the request, all other headers of the source.
            own = ("BucketKeyEnabled", "SSEKMSKeyId", "ServerSideEncryption", "StorageClass", "WebsiteRedirectLocation")
            kept = {name: value for name, value in source.headers.items() if name not in own}
            stored = {**{name: value for name, value in stored.items() if name in own}, **kept}
        known = None if source.checksum is None else source.checksum.algorithm
        checksum = checksum_of(source.content, self._algorithm("CopyObject", ChecksumAlgorithm) or known or "CRC32")
        written = target.put(Key, source.content, stored, "ObjectCreated:Copy", checksum=checksum)
        result = {"ETag": written.etag, "LastModified": self._time(written.time), **checksum.members}
        copied = self._version(source, "CopySourceVersionId")
        return {"CopyObjectResult": result, **copied, **self._encryption(written), **self._version(written)}
