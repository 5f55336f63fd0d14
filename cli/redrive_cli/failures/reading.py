"""Reads a message, an object or a line of an archive into a failure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redrive import InvalidRecord
from redrive.destinations.failure import Failure
from redrive.destinations.reading import read_failure
from redrive_cli.failures.found import Found
from redrive_cli.places.place import BucketPlace, QueuePlace


def in_message(message: Mapping[str, Any], place: QueuePlace) -> Found:
    """Read a message as boto3's `receive_message` returns it."""
    failure, why_not = understood(message)
    kept = {name: value for name, value in message.items() if name not in ("ReceiptHandle", "MD5OfBody")}
    return Found(
        place=place,
        key=message["MessageId"],
        failure=failure,
        why_not=why_not,
        raw=kept,
        handle=message["ReceiptHandle"],
    )


def in_object(key: str, content: bytes, modified: Any, place: BucketPlace, tag: str) -> Found:
    """Read the content of an object; `tag` is its entity tag, another one for other content."""
    failure, why_not = understood(content)
    raw = {"Content": content.decode(errors="replace"), "LastModified": modified}
    return Found(place=place, key=key, failure=failure, why_not=why_not, raw=raw, handle=tag)


def understood(received: object) -> tuple[Failure | None, str]:
    """Return a failure, or nothing and the reason why it is none."""
    try:
        return read_failure(received), ""
    except InvalidRecord as error:
        return None, str(error)
    except Exception as error:  # a message may have anything in it, and one must not hide the others
        return None, f"{type(error).__name__}: {error}"
