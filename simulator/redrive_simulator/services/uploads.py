"""Simulates multipart uploads.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html, with the errors that were recorded on AWS:
`test_multipart_no_such_upload`, `test_complete_multipart_parts_order`, `test_multipart_complete_multipart_too_small`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from redrive_simulator.services.buckets import Bucket
from redrive_simulator.services.checksums import Checksum, checksum_of, composite
from redrive_simulator.services.object_errors import invalid_argument, invalid_request, malformed, no_such_upload
from redrive_simulator.services.objects import Part, StoredObject, Upload, etag_of
from redrive_simulator.services.refusals import Refused

# https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html
_SMALLEST_PART = 5 * 1024 * 1024
_MOST_PARTS = 10_000


def upload_of(bucket: Bucket, key: str, id: str) -> Upload:
    """Return an upload of a bucket, or refuse an id that is not of one."""
    found = bucket.uploads.get(id)
    if found is None or found.key != key:
        raise no_such_upload(id)
    return found


def add_part(upload: Upload, number: int, content: bytes, checksum: Checksum, time: float) -> Part:
    """Add a part to an upload, in the place of one with the same number."""
    check_number(number)
    expected, actual = (upload.algorithm or checksum.algorithm).lower(), checksum.algorithm.lower()
    if expected != actual:
        raise invalid_request(
            f"Checksum Type mismatch occurred, expected checksum Type: {expected}, actual checksum Type: {actual}"
        )
    upload.parts[number] = Part(content, etag_of(content), checksum, time)
    return upload.parts[number]


def check_number(number: int) -> None:
    """Refuse a number that no part can have."""
    if not 1 <= number <= _MOST_PARTS:
        message = f"Part number must be an integer between 1 and {_MOST_PARTS}, inclusive"
        raise invalid_argument(message, "partNumber", str(number))


def completed(
    bucket: Bucket, upload: Upload, given: Sequence[Mapping[str, Any]], expected: int | None = None
) -> StoredObject:
    """Make the object of an upload's parts, and end the upload.

    Args:
        bucket: The bucket.
        upload: The upload.
        given: Numbers, ETags and checksums of the parts, as the request has them.
        expected: Size that the caller expects the object to have.
    """
    parts = [_part(upload, each) for each in given]
    _check_order(upload, [each.get("PartNumber", 0) for each in given])
    for each, part in list(zip(given, parts, strict=True))[:-1]:
        if len(part.content) < _SMALLEST_PART:
            details = {
                "ETag": part.etag.strip('"'),
                "MinSizeAllowed": str(_SMALLEST_PART),
                "PartNumber": str(each["PartNumber"]),
                "ProposedSize": str(len(part.content)),
            }
            message = "Your proposed upload is smaller than the minimum allowed size"
            raise Refused("EntityTooSmall", message, details=details)
    hashes = b"".join(bytes.fromhex(part.etag.strip('"')) for part in parts)
    content = b"".join(part.content for part in parts)
    if expected not in (None, len(content)):
        raise invalid_request(
            f"The provided 'x-amz-mp-object-size' header value {expected} does not match what was computed: "
            f"{len(content)}"
        )
    checksums = [part.checksum for part in parts]
    whole = None
    if upload.algorithm is not None:
        whole = composite(checksums) if upload.kind == "COMPOSITE" else checksum_of(content, upload.algorithm)
    stored = bucket.put(
        upload.key,
        content,
        upload.headers,
        "ObjectCreated:CompleteMultipartUpload",
        f'"{hashlib.md5(hashes, usedforsecurity=False).hexdigest()}-{len(parts)}"',
        parts=tuple(len(part.content) for part in parts),
        checksum=whole,
        part_checksums=checksums if upload.algorithm is not None else (),
    )
    del bucket.uploads[upload.id]
    return stored


def _part(upload: Upload, given: Mapping[str, Any]) -> Part:
    """Return the part that a request names, or refuse to find it."""
    number, etag = given.get("PartNumber"), str(given.get("ETag", "")).strip('"')
    if number is None or not etag:
        raise malformed()
    part = upload.parts.get(number)
    wrong = {name: value for name, value in given.items() if name.startswith("Checksum")}
    if (
        part is None
        or part.etag.strip('"') != etag
        or (wrong and (upload.algorithm is None or wrong != part.checksum.member))
    ):
        message = (
            "One or more of the specified parts could not be found.  The part may not have been uploaded, or the "
            "specified entity tag may not match the part's entity tag."
        )
        details = {"ETag": etag, "PartNumber": str(number), "UploadId": upload.id}
        raise Refused("InvalidPart", message, details=details)
    if upload.algorithm is not None and not wrong:
        name = upload.algorithm.lower()
        raise invalid_request(
            f"The upload was created using a {name} checksum. The complete request must include the checksum for each "
            f"part. It was missing for part {number} in the request."
        )
    return part


def _check_order(upload: Upload, numbers: list[int]) -> None:
    if any(first >= second for first, second in pairwise(numbers)):
        message = "The list of parts was not in ascending order. Parts must be ordered by part number."
        raise Refused("InvalidPartOrder", message, details={"UploadId": upload.id})
