"""Defines what a bucket contains: objects, their versions, and uploads that are not over."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from redrive_simulator.services.checksums import Checksum

_NOTHING: Mapping[str, Any] = {}
#: Id of the only version of an object in a bucket without versioning.
NULL = "null"


class StoredObject(NamedTuple):
    """A version of an object in a bucket, or a delete marker.

    Attributes:
        key: Object key.
        content: Content in bytes.
        etag: Quoted hash of the content.
        time: Time of the write, in seconds from the simulation's start.
        headers: Headers stored with it, by the names that boto3 gives them, such as `ContentType` and `Metadata`.
        version: Version id; `null` without versioning.
        is_marker: Whether it is a delete marker.
        parts: Sizes of the parts of a multipart upload.
        checksum: Checksum; `None` for one that a client has not asked for.
        part_checksums: Checksums of the parts.
    """

    key: str
    content: bytes
    etag: str
    time: float
    headers: Mapping[str, Any] = _NOTHING
    version: str = NULL
    is_marker: bool = False
    parts: Sequence[int] = ()
    checksum: Checksum | None = None
    part_checksums: Sequence[Checksum] = ()

    def json(self) -> Any:
        """Return the content parsed as JSON."""
        return json.loads(self.content)

    def as_received(self) -> bytes:
        """Return the content, for readers such as `StreamFailure.parse`."""
        return self.content


class Part(NamedTuple):
    """A part of an upload.

    Attributes:
        content: Content.
        etag: Quoted hash of the content.
        checksum: Checksum.
        time: Time of the upload, in seconds from the simulation's start.
    """

    content: bytes
    etag: str
    checksum: Checksum
    time: float


@dataclass(slots=True, eq=False)
class Upload:
    """A multipart upload that is not over.

    Attributes:
        id: Id of the upload.
        key: Object key.
        headers: Headers to store with the object.
        algorithm: Algorithm of the parts' checksums; `None`: the upload has none.
        kind: `COMPOSITE` or `FULL_OBJECT`.
        time: Time of its beginning, in seconds from the simulation's start.
        parts: Parts by number.
    """

    id: str
    key: str
    headers: Mapping[str, Any]
    algorithm: str | None
    kind: str
    time: float
    parts: dict[int, Part] = field(default_factory=dict[int, Part])


def etag_of(content: bytes) -> str:
    """Return the ETag of a content, or of a part of it, that is written at once."""
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'
