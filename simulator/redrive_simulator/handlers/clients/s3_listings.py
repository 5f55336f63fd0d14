"""Stands in for S3: lists of objects, versions and buckets."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from redrive_simulator.handlers.clients.s3_reads import S3Client
from redrive_simulator.services.listing import (
    Page,
    check_encoding,
    entry_of,
    page_of,
    page_size,
    token_of,
    versions_of,
)
from redrive_simulator.services.object_errors import invalid_argument

if TYPE_CHECKING:
    from redrive_simulator.services.buckets import Bucket
    from redrive_simulator.services.objects import StoredObject


class Listings(S3Client):
    """Answers for lists."""

    def list_objects_v2(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = 1000,
        StartAfter: str = "",
        ContinuationToken: str | None = None,
        EncodingType: str | None = None,
        FetchOwner: bool = False,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListObjectsV2`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_encoding(EncodingType)
        size = page_size(MaxKeys)
        passed = "" if ContinuationToken is None else entry_of(ContinuationToken)
        after = StartAfter if ContinuationToken is None else ""
        page = page_of(bucket.keys_from(max(Prefix, after, passed)), Prefix, Delimiter, size, after, passed)
        write = _writer(EncodingType)
        reply = {
            **self._listed(bucket, page, Prefix, Delimiter, size, EncodingType, with_owner=FetchOwner),
            "KeyCount": len(page.entries),
        }
        if ContinuationToken is not None:
            reply["ContinuationToken"] = ContinuationToken
        elif StartAfter:
            reply["StartAfter"] = write(StartAfter)
        if page.is_truncated:
            reply["NextContinuationToken"] = token_of(page.entries[-1].text)
        return reply

    def list_objects(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = 1000,
        Marker: str = "",
        EncodingType: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListObjects`, which boto3's resources use."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_encoding(EncodingType)
        size = page_size(MaxKeys)
        page = page_of(bucket.keys_from(max(Prefix, Marker)), Prefix, Delimiter, size, passed=Marker)
        write = _writer(EncodingType)
        reply = self._listed(bucket, page, Prefix, Delimiter, size, EncodingType, with_owner=True)
        reply["Marker"] = write(Marker)
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjects.html: only with a delimiter.
        if page.is_truncated and Delimiter:
            reply["NextMarker"] = write(page.entries[-1].text)
        return reply

    def list_object_versions(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        Delimiter: str = "",
        MaxKeys: int = 1000,
        KeyMarker: str = "",
        VersionIdMarker: str = "",
        EncodingType: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListObjectVersions`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_encoding(EncodingType)
        size = page_size(MaxKeys)
        if VersionIdMarker and not KeyMarker:
            message = "A version-id marker cannot be specified without a key marker."
            raise invalid_argument(message, "version-id-marker", VersionIdMarker)
        self._check_version(bucket, KeyMarker, VersionIdMarker or None)
        page = versions_of(bucket.versions, Prefix, Delimiter, size, KeyMarker, VersionIdMarker)
        write = _writer(EncodingType)
        reply = self._named(Bucket, page.prefixes, Prefix, Delimiter, size, EncodingType)
        reply |= {"IsTruncated": page.next is not None, "KeyMarker": write(KeyMarker)}
        reply["VersionIdMarker"] = VersionIdMarker
        for stored, is_latest in page.versions:
            told = {"VersionId": stored.version, "IsLatest": is_latest, "Owner": self._owner()}
            if stored.is_marker:
                marker = {"Key": write(stored.key), "LastModified": self._time(stored.time)}
                reply.setdefault("DeleteMarkers", []).append({**marker, **told})
            else:
                reply.setdefault("Versions", []).append({**self._entry(stored, write), **told})
        if page.next is not None:
            reply["NextKeyMarker"] = write(page.next[0])
            if page.next[1]:
                reply["NextVersionIdMarker"] = page.next[1]
        return reply

    def list_buckets(self) -> dict[str, Any]:
        """`ListBuckets`: those of the template, made at the simulation's start."""
        names = sorted(each.spec.bucket_name for each in self._resources.buckets.values())
        return {"Buckets": [{"Name": name, "CreationDate": self._time(0)} for name in names], "Owner": self._owner()}

    def get_bucket_versioning(self, *, Bucket: str, ExpectedBucketOwner: str | None = None) -> dict[str, Any]:
        """`GetBucketVersioning`."""
        return {"Status": "Enabled"} if self._bucket(Bucket, ExpectedBucketOwner).spec.is_versioned else {}

    def _listed(
        self,
        bucket: Bucket,
        page: Page,
        prefix: str,
        delimiter: str,
        size: int,
        encoding: str | None,
        *,
        with_owner: bool,
    ) -> dict[str, Any]:
        write = _writer(encoding)
        prefixes = [each.text for each in page.entries if each.is_prefix]
        reply = self._named(bucket.spec.bucket_name, prefixes, prefix, delimiter, size, encoding)
        reply["IsTruncated"] = page.is_truncated
        owner = {"Owner": self._owner()} if with_owner else {}
        listed = (bucket.get(each.text) for each in page.entries if not each.is_prefix)
        contents = [{**self._entry(stored, write), **owner} for stored in listed if stored is not None]
        if contents:
            reply["Contents"] = contents
        return reply

    def _named(
        self, name: str, prefixes: list[str], prefix: str, delimiter: str, size: int, encoding: str | None
    ) -> dict[str, Any]:
        write = _writer(encoding)
        reply: dict[str, Any] = {"Name": name, "Prefix": write(prefix), "MaxKeys": size}
        if delimiter:
            reply["Delimiter"] = write(delimiter)
        if encoding is not None:
            reply["EncodingType"] = encoding
        if prefixes:
            reply["CommonPrefixes"] = [{"Prefix": write(each)} for each in prefixes]
        return reply

    def _entry(self, stored: StoredObject, write: Callable[[str], str]) -> dict[str, Any]:
        told: dict[str, Any] = {
            "Key": write(stored.key),
            "LastModified": self._time(stored.time),
            "ETag": stored.etag,
            "Size": len(stored.content),
            "StorageClass": stored.headers.get("StorageClass", "STANDARD"),
        }
        if stored.checksum is not None:
            told |= {"ChecksumAlgorithm": [stored.checksum.algorithm], "ChecksumType": stored.checksum.kind}
        return told

    def _owner(self) -> dict[str, str]:
        return {"ID": self._world.parameters.account}


def _writer(encoding: str | None) -> Callable[[str], str]:
    return str if encoding is None else quote
