"""Reads the ranges of bytes that requests to S3 ask for."""

from __future__ import annotations

import re

from redrive_simulator.services.object_errors import invalid_argument
from redrive_simulator.services.refusals import Refused

_RANGE = re.compile(r"bytes=(\d*)-(\d*)")


def range_of(wanted: str, size: int) -> tuple[int, int] | None:
    """Return the positions of the first byte of a `Range`, and of the one behind its last.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, and as recorded on AWS
    (`test_get_object_range`): a range that makes no sense is ignored, one outside of the object is refused.

    Args:
        wanted: The header, such as `bytes=0-9`.
        size: Size of the object in bytes.

    Returns:
        `None`: the whole object.

    Raises:
        Refused: No byte of the object is in the range.
    """
    match = _RANGE.fullmatch(wanted)
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    start = int(first) if first else max(0, size - int(last))
    if start >= size:
        details = {"ActualObjectSize": str(size), "RangeRequested": wanted}
        raise Refused("InvalidRange", "The requested range is not satisfiable", 416, details)
    return start, min(size, int(last) + 1) if first and last else size


def copied_range(wanted: str, size: int) -> tuple[int, int]:
    """Return the positions of a `CopySourceRange`, which has both ends.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_UploadPartCopy.html.
    """
    match = _RANGE.fullmatch(wanted)
    if match is None or not all(match.groups()) or int(match[2]) < int(match[1]):
        message = "The x-amz-copy-source-range value must be of the form bytes=first-last where first and last are the "
        raise invalid_argument(
            f"{message}zero-based offsets of the first and last bytes to copy", "x-amz-copy-source-range", wanted
        )
    if int(match[2]) >= size:
        message = f"Range specified is not valid for source object of size: {size}"
        raise invalid_argument(message, "x-amz-copy-source-range", wanted)
    return int(match[1]), int(match[2]) + 1
