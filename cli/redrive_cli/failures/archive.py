"""Writes failures as lines of JSON, with everything that a replay needs, and reads them again."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from redrive_cli.aws import Aws
from redrive_cli.errors import Usage
from redrive_cli.failures.found import Found, facts_of, iso
from redrive_cli.failures.listed import ListedReader
from redrive_cli.failures.reader import Counts
from redrive_cli.failures.reading import understood
from redrive_cli.places.place import ArchivePlace

#: Version of the format, in the member `redrive` of each line.
VERSION = 1
_BYTES = "base64"


def line_of(found: Found, destination: str | None, payload: Any = None) -> str:
    """Return a failure as a line of an archive.

    Args:
        found: The failure.
        destination: The ARN of what it would be brought back to; `None` if that is not known.
        payload: The event, if it had to be read from a stream.
    """
    facts = facts_of(found)
    if payload is not None:
        facts["payload"] = payload
    return json.dumps({"redrive": VERSION, "destination": destination, **facts, "raw": _encoded(found.raw)})


def read_line(line: str, number: int, place: ArchivePlace) -> Found:
    """Read a line of an archive.

    Raises:
        Usage: The line was not written by `redrive archive` or `redrive drop`.
    """
    where = f"{place.name}, line {number}"
    try:
        value: Any = json.loads(line.strip())
    except ValueError as error:
        at = f" at column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        why = getattr(error, "msg", str(error))
        raise Usage(f"{where} is no JSON ({why}{at}): was the file cut off? Correct the line or remove it") from error
    if not isinstance(value, dict) or "redrive" not in value or not isinstance(value.get("raw"), dict):  # pyright: ignore[reportUnknownMemberType]
        raise Usage(f"{where} is no failure: `redrive archive` writes such files")
    members = cast("dict[str, Any]", value)
    if members["redrive"] != VERSION:
        raise Usage(
            f"{where} has version {members['redrive']!r}, and this release reads {VERSION}: use a newer release of "
            "redrive"
        )
    destination = members.get("destination")
    if not isinstance(destination, str | None):
        raise Usage(f"{where} has the destination {destination!r}: give what --to takes, or null")
    try:
        raw = _decoded(members["raw"])
    except (ValueError, TypeError, AttributeError, KeyError) as error:
        raise Usage(f"{where}: its member raw is not as `redrive archive` writes it ({error!r})") from error
    failure, why_not = understood(raw if "Body" in raw else raw.get("Content"))
    found = Found(
        place=place,
        key=str(members.get("id", number)),
        failure=failure,
        why_not=why_not,
        raw=raw,
        destination=destination,
    )
    payload = members.get("payload")
    return replace(found, edited=payload, is_edited=failure is not None and payload != found.payload)


class ArchiveReader(ListedReader[tuple[int, str]]):
    """Reads an archive; see `Reader`. Its lines are never deleted.

    Args:
        aws: The account, for an archive in S3.
        place: The archive.
    """

    def __init__(self, aws: Aws, place: ArchivePlace) -> None:
        self._aws = aws
        self._place = place
        super().__init__()

    def counts(self) -> Counts:
        """Return the number of lines. All are read, so that nothing is sent of an archive that is damaged."""
        return Counts(total=sum(len(self._found([each])) for each in self._listed()))

    def delete(self, several: Sequence[Found]) -> Mapping[str, str]:
        """Do nothing: an archive stays as it is."""
        return {}

    def _listed(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self._open(), 1):
            try:
                text = line.decode()
            except UnicodeDecodeError as error:
                where = f"{self._place.name}, line {number}"
                raise Usage(f"{where} is no text in UTF-8 ({error.reason} at byte {error.start + 1})") from error
            if text.strip():
                yield number, text

    def _found(self, taken: Sequence[tuple[int, str]]) -> Sequence[Found]:
        return [read_line(line, number, self._place) for number, line in taken]

    def _open(self) -> Iterator[bytes]:
        if self._place.path is not None:
            with self._place.path.open("rb") as lines:
                yield from lines
            return
        bucket, _, key = self._place.name.removeprefix("s3://").partition("/")
        yield from self._aws.client("s3").get_object(Bucket=bucket, Key=key)["Body"].iter_lines()


def _encoded(value: Any) -> Any:
    if isinstance(value, bytes):
        return {_BYTES: b64encode(value).decode()}
    if isinstance(value, datetime):
        return iso(value)
    if isinstance(value, Mapping):
        return {name: _encoded(each) for name, each in cast("Mapping[str, Any]", value).items()}
    return value


def _decoded(raw: Mapping[str, Any]) -> dict[str, Any]:
    decoded = dict(raw)
    if "MessageAttributes" in raw:
        decoded["MessageAttributes"] = {name: _attribute(each) for name, each in raw["MessageAttributes"].items()}
    if isinstance(raw.get("LastModified"), str):
        with suppress(ValueError):
            decoded["LastModified"] = datetime.fromisoformat(raw["LastModified"])
    return decoded


def _attribute(attribute: Mapping[str, Any]) -> dict[str, Any]:
    binary: Any = attribute.get("BinaryValue")
    if isinstance(binary, Mapping):
        return {**attribute, "BinaryValue": b64decode(binary[_BYTES], validate=True)}  # pyright: ignore[reportUnknownArgumentType]
    return dict(attribute)
