"""Stands in for S3: multipart uploads."""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Unpack

from redrive_simulator.handlers.clients.base import also_takes
from redrive_simulator.handlers.clients.s3_reads import S3Client
from redrive_simulator.services.checksums import check_md5, verified
from redrive_simulator.services.listing import check_encoding, page_size
from redrive_simulator.services.object_errors import invalid_request, malformed
from redrive_simulator.services.object_rules import Headers, check_key, stored_headers
from redrive_simulator.services.preconditions import Conditions
from redrive_simulator.services.ranges import copied_range
from redrive_simulator.services.uploads import Upload, add_part, check_number, completed, upload_of


class Uploads(S3Client):
    """Answers for multipart uploads."""

    @also_takes(Headers)
    def create_multipart_upload(
        self,
        *,
        Bucket: str,
        Key: str,
        ChecksumAlgorithm: str | None = None,
        ChecksumType: str | None = None,
        ExpectedBucketOwner: str | None = None,
        **headers: Unpack[Headers],
    ) -> dict[str, Any]:
        """`CreateMultipartUpload`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_key(Key)
        stored = stored_headers(headers, bucket.spec)
        algorithm = self._algorithm("CreateMultipartUpload", ChecksumAlgorithm)
        if ChecksumType is not None and algorithm is None:
            raise invalid_request(
                "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header."
            )
        kind = ChecksumType or "COMPOSITE"
        if kind == "FULL_OBJECT" and algorithm is not None and algorithm.startswith("SHA"):
            raise invalid_request(
                f"The FULL_OBJECT checksum type cannot be used with the {algorithm.lower()} checksum algorithm."
            )
        id = self._world.new_id().replace("-", "")
        bucket.uploads[id] = Upload(id, Key, stored, algorithm, kind, self._world.now)
        told = {} if algorithm is None else {"ChecksumAlgorithm": algorithm, "ChecksumType": kind}
        encryption = {"ServerSideEncryption": stored["ServerSideEncryption"]}
        return {"Bucket": Bucket, "Key": Key, "UploadId": id, **told, **encryption}

    def upload_part(
        self,
        *,
        Bucket: str,
        Key: str,
        PartNumber: int,
        UploadId: str,
        Body: Any = b"",
        ContentLength: int | None = None,
        ContentMD5: str | None = None,
        ChecksumAlgorithm: str | None = None,
        ChecksumCRC32: str | None = None,
        ChecksumSHA1: str | None = None,
        ChecksumSHA256: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`UploadPart`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_number(PartNumber)
        upload = upload_of(bucket, Key, UploadId)
        content = self._content(Body, ContentLength)
        check_md5(content, ContentMD5)
        given = {"CRC32": ChecksumCRC32, "SHA1": ChecksumSHA1, "SHA256": ChecksumSHA256}
        algorithm = self._algorithm("UploadPart", ChecksumAlgorithm) or upload.algorithm
        part = add_part(upload, PartNumber, content, verified(content, given, algorithm), self._world.now)
        encryption = {"ServerSideEncryption": upload.headers["ServerSideEncryption"]}
        return {"ETag": part.etag, **part.checksum.member, **encryption}

    def upload_part_copy(
        self,
        *,
        Bucket: str,
        Key: str,
        PartNumber: int,
        UploadId: str,
        CopySource: str,
        CopySourceRange: str | None = None,
        CopySourceIfMatch: str | None = None,
        CopySourceIfNoneMatch: str | None = None,
        CopySourceIfModifiedSince: datetime | None = None,
        CopySourceIfUnmodifiedSince: datetime | None = None,
        ExpectedBucketOwner: str | None = None,
        ExpectedSourceBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`UploadPartCopy`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_number(PartNumber)
        upload = upload_of(bucket, Key, UploadId)
        conditions = Conditions(
            CopySourceIfMatch, CopySourceIfNoneMatch, CopySourceIfModifiedSince, CopySourceIfUnmodifiedSince
        )
        source = self._source(CopySource, ExpectedSourceBucketOwner, conditions)
        content = source.content
        if CopySourceRange is not None:
            content = content[slice(*copied_range(CopySourceRange, len(content)))]
        part = add_part(upload, PartNumber, content, verified(content, {}, upload.algorithm), self._world.now)
        result = {"ETag": part.etag, "LastModified": self._time(part.time)}
        if upload.algorithm is not None:
            result |= part.checksum.member
        copied = self._version(source, "CopySourceVersionId")
        encryption = {"ServerSideEncryption": upload.headers["ServerSideEncryption"]}
        return {"CopyPartResult": result, **copied, **encryption}

    def complete_multipart_upload(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        MultipartUpload: Mapping[str, Any] | None = None,
        ChecksumType: str | None = None,
        MpuObjectSize: int | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`CompleteMultipartUpload`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        upload = upload_of(bucket, Key, UploadId)
        if MultipartUpload is None:
            raise invalid_request("You must specify at least one part")
        parts = MultipartUpload.get("Parts", ())
        if not parts:
            raise malformed()
        own = "null" if upload.algorithm is None else upload.kind
        if ChecksumType not in (None, own):
            raise invalid_request(
                f"The upload was created using the {own} checksum mode. The complete request must use the same "
                "checksum mode."
            )
        stored = completed(bucket, upload, parts, MpuObjectSize)
        told = {} if stored.checksum is None else stored.checksum.members
        region = self._world.parameters.region
        location = f"https://{bucket.spec.bucket_name}.s3.{region}.amazonaws.com/{Key}"
        named = {"Bucket": Bucket, "Key": Key, "Location": location, "ETag": stored.etag}
        return {**named, **told, **self._encryption(stored), **self._version(stored)}

    def abort_multipart_upload(
        self, *, Bucket: str, Key: str, UploadId: str, ExpectedBucketOwner: str | None = None
    ) -> dict[str, Any]:
        """`AbortMultipartUpload`."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        del bucket.uploads[upload_of(bucket, Key, UploadId).id]
        return {"HTTPStatusCode": 204}

    def list_parts(
        self,
        *,
        Bucket: str,
        Key: str,
        UploadId: str,
        MaxParts: int = 1000,
        PartNumberMarker: int = 0,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListParts`."""
        upload = upload_of(self._bucket(Bucket, ExpectedBucketOwner), Key, UploadId)
        size = page_size(MaxParts, "max-parts")
        following = sorted(number for number in upload.parts if number > PartNumberMarker)
        shown = following[:size]
        parts: list[dict[str, Any]] = []
        for number in shown:
            part = upload.parts[number]
            told = {"PartNumber": number, "LastModified": self._time(part.time), "ETag": part.etag}
            checksum = {} if upload.algorithm is None else part.checksum.member
            parts.append({**told, "Size": len(part.content), **checksum})
        return {
            "Bucket": Bucket,
            "Key": Key,
            "UploadId": UploadId,
            "PartNumberMarker": PartNumberMarker,
            "NextPartNumberMarker": shown[-1] if shown else 0,
            "MaxParts": size,
            "IsTruncated": bool(size) and len(shown) < len(following),
            "StorageClass": upload.headers.get("StorageClass", "STANDARD"),
            **({"Parts": parts} if parts else {}),
        }

    def list_multipart_uploads(
        self,
        *,
        Bucket: str,
        Prefix: str = "",
        EncodingType: str | None = None,
        ExpectedBucketOwner: str | None = None,
    ) -> dict[str, Any]:
        """`ListMultipartUploads`, all in one page."""
        bucket = self._bucket(Bucket, ExpectedBucketOwner)
        check_encoding(EncodingType)
        if EncodingType is not None:
            raise self._shared.missing("s3.ListMultipartUploads(EncodingType=…)", "leave it out")
        found = [each for each in bucket.uploads.values() if each.key.startswith(Prefix)]
        uploads = [
            {
                "UploadId": each.id,
                "Key": each.key,
                "Initiated": self._time(each.time),
                "StorageClass": each.headers.get("StorageClass", "STANDARD"),
            }
            for each in sorted(found, key=lambda each: (each.key, each.time))
        ]
        reply = {"Bucket": Bucket, "Prefix": Prefix, "KeyMarker": "", "UploadIdMarker": "", "IsTruncated": False}
        return {**reply, "MaxUploads": 1000, **({"Uploads": uploads} if uploads else {})}
