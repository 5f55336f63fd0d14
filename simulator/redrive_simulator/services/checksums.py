"""Calculates and verifies the checksums of objects.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/checking-object-integrity.html, and as recorded on AWS:
`test_put_object_checksum`, `test_s3_checksum_no_algorithm`, `test_s3_invalid_content_md5`.
"""

from __future__ import annotations

import hashlib
import zlib
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import NamedTuple

from redrive_simulator.services.object_errors import invalid_request
from redrive_simulator.services.refusals import Refused

#: Algorithm of a write without a checksum, as boto3 adds one.
DEFAULT = "CRC32"
_ALGORITHMS: Mapping[str, Callable[[bytes], bytes]] = {
    "CRC32": lambda content: zlib.crc32(content).to_bytes(4, "big"),
    "SHA1": lambda content: hashlib.sha1(content, usedforsecurity=False).digest(),
    "SHA256": lambda content: hashlib.sha256(content).digest(),
}
#: Algorithms that the simulator calculates; the others of S3 need a library that boto3 does not install either.
KNOWN = frozenset(_ALGORITHMS)


class Checksum(NamedTuple):
    """A checksum of an object or of a part.

    Attributes:
        algorithm: `CRC32`, `SHA1` or `SHA256`.
        value: Value in base64; of an object made of parts it ends in their number.
        kind: `FULL_OBJECT` or, for a checksum of the parts' checksums, `COMPOSITE`.
    """

    algorithm: str
    value: str
    kind: str = "FULL_OBJECT"

    @property
    def member(self) -> dict[str, str]:
        """The member of a request or response that has the value."""
        return {f"Checksum{self.algorithm}": self.value}

    @property
    def members(self) -> dict[str, str]:
        """The members of a response about an object."""
        return {**self.member, "ChecksumType": self.kind}


def checksum_of(content: bytes, algorithm: str = DEFAULT) -> Checksum:
    """Return the checksum of a content."""
    return Checksum(algorithm, b64encode(_ALGORITHMS[algorithm](content)).decode())


def verified(content: bytes, given: Mapping[str, str | None], algorithm: str | None = None) -> Checksum:
    """Return the checksum of a content, or refuse the one that the caller gives.

    Args:
        content: The content.
        given: Values by algorithm, of which at most one may be there.
        algorithm: Algorithm for a content without a value. Default: that of boto3.
    """
    values = {name: value for name, value in given.items() if value is not None}
    if len(values) > 1:
        raise invalid_request("Expecting a single x-amz-checksum- header. Multiple checksum Types are not allowed.")
    for name, value in values.items():
        right = checksum_of(content, name)
        if len(_decoded(value)) != len(_decoded(right.value)):
            raise invalid_request(f"Value for x-amz-checksum-{name.lower()} header is invalid.")
        if value != right.value:
            raise Refused("BadDigest", f"The {name} you specified did not match the calculated checksum.")
        return right
    return checksum_of(content, algorithm or DEFAULT)


def composite(parts: list[Checksum]) -> Checksum:
    """Return the checksum of an object that is made of parts: a checksum of their checksums."""
    whole = checksum_of(b"".join(_decoded(part.value) for part in parts), parts[0].algorithm)
    return Checksum(whole.algorithm, f"{whole.value}-{len(parts)}", "COMPOSITE")


def check_md5(content: bytes, given: str | None) -> None:
    """Refuse a content that is not the one of a `Content-MD5`."""
    if given is None:
        return
    wanted, right = _decoded(given), hashlib.md5(content, usedforsecurity=False).digest()
    if len(wanted) != len(right):
        raise Refused("InvalidDigest", "The Content-MD5 you specified was invalid.", details={"Content-MD5": given})
    if wanted != right:
        message = "The Content-MD5 you specified did not match what we received."
        details = {"ExpectedDigest": given, "CalculatedDigest": b64encode(right).decode()}
        raise Refused("BadDigest", message, details=details)


def _decoded(value: str) -> bytes:
    """Decode a value in base64; nothing, if it is not in base64."""
    try:
        return b64decode(value, validate=True)
    except ValueError:
        return b""
