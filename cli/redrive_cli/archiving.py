"""Writes archives of failures, so that they are safe before anything is deleted."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from redrive.destinations.stream_failure import StreamFailure
from redrive.destinations.stream_range import StreamReadError
from redrive_cli.aws import Aws
from redrive_cli.errors import Exit, Problem, Usage
from redrive_cli.failures.archive import line_of
from redrive_cli.failures.found import Found
from redrive_cli.replay.destination import Destination, Unknown
from redrive_cli.stream_records import read_records

#: Lines of one object in S3: few enough that messages stay hidden until they are written.
PART = 500


def archive_line(aws: Aws, found: Found, to: Destination | Unknown) -> tuple[str, str]:
    """Return a failure as a line of an archive, and what is missing in it; nothing if it is complete.

    The records of a stream's batch are read from the stream, since they will be gone when the archive is replayed.
    """
    destination = None if isinstance(to, Unknown) else name_of(to)
    failure = found.failure
    if not isinstance(failure, StreamFailure) or failure.payload is not None or found.is_edited:
        return line_of(found, destination), ""
    try:
        read = read_records(aws, failure)
    except (StreamReadError, TimeoutError) as error:
        return line_of(found, destination), str(error)
    gone = "" if read.gone is None else f"{read.gone.count} or more records are gone from their stream"
    return line_of(found, destination, {"Records": read.records}), gone


def name_of(to: Destination) -> str:
    """Return a destination as `--to` takes it."""
    return to.name if to.name.startswith("arn:") or "://" in to.name else f"{to.kind}:{to.name}"


class Writer:
    """Writes lines to a new file, or to objects in S3.

    Args:
        aws: The account, for S3.
        target: Path of a file that does not exist, or `s3://bucket/key.jsonl`. If there are many lines, the keys of
            further objects have a number before the ending.

    Raises:
        Usage: The file exists, or the name is none of an archive.
    """

    def __init__(self, aws: Aws, target: str) -> None:
        if not target.endswith((".jsonl", ".ndjson")):
            raise Usage(f"{target} is no name of an archive: give one that ends with .jsonl")
        self._aws = aws
        self._target = target
        self._path = None if target.startswith("s3://") else Path(target)
        self._file = -1
        self._waiting: list[str] = []
        self.names: list[str] = []
        if self._path is not None and self._path.exists():
            raise Usage(f"{target} exists: give the name of a new file, so that nothing is overwritten")
        if self._path is None and not target.removeprefix("s3://").partition("/")[2]:
            raise Usage(f"{target} names no object: give s3://bucket/key.jsonl")

    def add(self, lines: Sequence[str]) -> None:
        """Add lines; they are safe after `flush`."""
        self._waiting += lines
        if len(self._waiting) >= PART:
            self.flush()

    def flush(self) -> None:
        """Write what was added, so that it survives the end of this machine."""
        if not self._waiting:
            return
        content = "".join(f"{line}\n" for line in self._waiting).encode()
        if self._path is None:
            self._put(content)
        else:
            self._append(content, self._path)
        self._waiting.clear()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()
        if self._file >= 0:
            os.close(self._file)

    def _append(self, content: bytes, path: Path) -> None:
        if self._file < 0:
            try:
                self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            except OSError as error:
                raise Usage(f"the archive {path} cannot be made ({error.strerror}): give another file") from error
            self.names.append(str(path))
        try:
            while content:
                content = content[os.write(self._file, content) :]
            os.fsync(self._file)
        except OSError as error:
            raise Problem(
                f"the archive {path} could not be written ({error.strerror}): what is not in it was not deleted; make "
                "room, or give another file",
                Exit.OTHER,
            ) from error

    def _put(self, content: bytes) -> None:
        bucket, _, key = self._target.removeprefix("s3://").partition("/")
        if self.names:
            stem, dot, ending = key.rpartition(".")
            key = f"{stem}-{len(self.names) + 1}{dot}{ending}"
        self._aws.client("s3").put_object(Bucket=bucket, Key=key, Body=content, ContentType="application/x-ndjson")
        self.names.append(f"s3://{bucket}/{key}")
