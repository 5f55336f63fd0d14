"""Decides about the conditions under which requests read and write objects of S3.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-requests.html, and as recorded on AWS:
`test_s3_get_object_preconditions`, `test_s3_copy_object_preconditions`, `test_s3_preconditions`.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from redrive_simulator.services.object_errors import no_such_key, not_implemented, not_modified, precondition_failed

_SOURCE = "x-amz-copy-source-"


class Conditions(NamedTuple):
    """Conditions on the object that a request reads.

    Attributes:
        match: ETag that it has, or `*`.
        none_match: ETag that it does not have, or `*`.
        modified_since: Time after which it was written.
        unmodified_since: Time after which it was not written.
    """

    match: str | None = None
    none_match: str | None = None
    modified_since: datetime | None = None
    unmodified_since: datetime | None = None


def check_read(etag: str, modified: datetime, now: datetime, conditions: Conditions) -> None:
    """Refuse to read an object that does not meet the conditions."""
    failed = _failed(etag, modified, now, conditions)
    if failed in ("If-None-Match", "If-Modified-Since"):
        raise not_modified()
    if failed is not None:
        raise precondition_failed(failed)


def check_source(etag: str, modified: datetime, now: datetime, conditions: Conditions) -> None:
    """Refuse to copy an object that does not meet the conditions."""
    failed = _failed(etag, modified, now, conditions)
    if failed is not None:
        raise precondition_failed(f"{_SOURCE}{failed}")


def check_write(key: str, etag: str | None, match: str | None, none_match: str | None) -> None:
    """Refuse to write an object under a condition that is not met.

    Args:
        key: Object key.
        etag: ETag of the object that the key has now; `None` if it has none.
        match: `IfMatch`, an ETag.
        none_match: `IfNoneMatch`, `*`.
    """
    if match is not None and none_match is not None:
        raise not_implemented("If-Match,If-None-Match")
    if none_match not in (None, "*"):
        raise not_implemented("If-None-Match")
    if match == "*":
        raise not_implemented("If-Match")
    if none_match is not None and etag is not None:
        raise precondition_failed("If-None-Match")
    if match is not None:
        if etag is None:
            raise no_such_key(key)
        if not _is(etag, match):
            raise precondition_failed("If-Match")


def check_delete(etag: str | None, match: str | None) -> None:
    """Refuse to delete an object whose ETag is not the one expected; `*` is any.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-deletes.html.
    """
    if match is not None and etag is None:
        raise precondition_failed("If-Match")
    if match is not None and etag is not None and not _is(etag, match):
        raise precondition_failed("If-Match")


def _failed(etag: str, modified: datetime, now: datetime, conditions: Conditions) -> str | None:
    """Return the header of the first condition that is not met.

    A condition about the ETag decides for the condition about the time beside it:
    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html.
    """
    match, none_match, since, unmodified = conditions
    if match is not None:
        if not _is(etag, match):
            return "If-Match"
    elif unmodified is not None and modified > _seconds(unmodified):
        return "If-Unmodified-Since"
    if none_match is not None:
        if _is(etag, none_match):
            return "If-None-Match"
    # A time that has not come yet is ignored.
    elif since is not None and modified <= _seconds(since) <= now:
        return "If-Modified-Since"
    return None


def _is(etag: str, wanted: str) -> bool:
    return wanted == "*" or wanted.strip('"') == etag.strip('"')


def _seconds(time: datetime) -> datetime:
    """Return a time as a header has it: in whole seconds."""
    return time.replace(microsecond=0)
