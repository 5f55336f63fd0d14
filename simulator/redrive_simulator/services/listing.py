"""Lists the keys of a bucket by pages.

https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html, and as recorded on AWS:
`tests/aws/services/s3/test_s3_list_operations.snapshot.json` of localstack/localstack.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from redrive_simulator.services.object_errors import invalid_argument

if TYPE_CHECKING:
    from redrive_simulator.services.objects import StoredObject

_PAGE = 1000
_LARGEST = 2**31 - 1
_TOKEN = b"simulated:"


class Entry(NamedTuple):
    """An entry of a listing.

    Attributes:
        text: A key, or a common prefix of keys.
        is_prefix: Whether it is a common prefix.
    """

    text: str
    is_prefix: bool


class Page(NamedTuple):
    """A page of a listing.

    Attributes:
        entries: Entries in the order of their UTF-8 bytes.
        is_truncated: Whether more entries follow.
    """

    entries: list[Entry]
    is_truncated: bool


class Versions(NamedTuple):
    """A page of a listing of versions.

    Attributes:
        versions: Versions and delete markers, each with whether it is the latest of its key.
        prefixes: Common prefixes.
        next: Key and version behind which more follow; `None`: nothing follows.
    """

    versions: list[tuple[StoredObject, bool]]
    prefixes: list[str]
    next: tuple[str, str] | None


def page_size(given: int, name: str = "max-keys") -> int:
    """Return the number of entries of a page, at most 1,000; or refuse it."""
    if not 0 <= given <= _LARGEST:
        message = f"Argument {name} must be an integer between 0 and {_LARGEST}"
        raise invalid_argument(message, name, str(given))
    return min(given, _PAGE)


def page_of(keys: Iterable[str], prefix: str, delimiter: str, size: int, after: str = "", passed: str = "") -> Page:
    """Return a page of a listing.

    Args:
        keys: All keys in order; one may come several times.
        prefix: Beginning of the keys to list.
        delimiter: Text up to which keys behind the prefix are one common prefix.
        size: Largest number of entries.
        after: Key behind which the page begins.
        passed: Last entry of the page before: a common prefix that it begins with has been listed.
    """
    found: list[Entry] = []
    for entry in _entries(keys, prefix, delimiter, max(after, passed)):
        if entry.is_prefix and passed.startswith(entry.text):
            continue
        if len(found) >= size:
            return Page(found, size > 0)
        found.append(entry)
    return Page(found, is_truncated=False)


def _entries(keys: Iterable[str], prefix: str, delimiter: str, after: str) -> Iterator[Entry]:
    last = None
    for key in keys:
        if key > prefix and not key.startswith(prefix):
            return
        if key <= after or not key.startswith(prefix):
            continue
        head, found, _ = key[len(prefix) :].partition(delimiter) if delimiter else (key, "", "")
        entry = Entry(f"{prefix}{head}{delimiter}", is_prefix=True) if found else Entry(key, is_prefix=False)
        if entry != last or not entry.is_prefix:
            yield entry
        last = entry


def versions_of(
    versions: Iterable[tuple[StoredObject, bool]],
    prefix: str,
    delimiter: str,
    size: int,
    key_marker: str = "",
    version_marker: str = "",
) -> Versions:
    """Return a page of a listing of versions.

    Args:
        versions: All versions by key, the newest first, each with whether it is the latest.
        prefix: Beginning of the keys to list.
        delimiter: Text up to which keys behind the prefix are one common prefix.
        size: Largest number of entries.
        key_marker: Key behind which the page begins.
        version_marker: Version of that key behind which it begins. Empty: behind all of them.
    """
    page = Versions([], [], None)
    last = ("", "")
    is_behind = False
    for stored, is_latest in versions:
        if stored.key == key_marker and version_marker and not is_behind:
            is_behind = stored.version == version_marker
            continue
        if stored.key < key_marker or (stored.key == key_marker and not version_marker):
            continue
        for entry in _entries([stored.key], prefix, delimiter, ""):
            if entry.is_prefix and (key_marker.startswith(entry.text) or entry.text in page.prefixes):
                continue
            if len(page.versions) + len(page.prefixes) >= size:
                return page._replace(next=last if size else None)
            if entry.is_prefix:
                page.prefixes.append(entry.text)
                last = (entry.text, "")
            else:
                page.versions.append((stored, is_latest))
                last = (stored.key, stored.version)
    return page


def token_of(entry: str) -> str:
    """Return the continuation token for the page behind an entry."""
    return urlsafe_b64encode(_TOKEN + entry.encode()).decode()


def entry_of(token: str) -> str:
    """Return the entry of a continuation token, or refuse a token that no listing has given."""
    try:
        read = urlsafe_b64decode(token.encode())
    except ValueError:
        read = b""
    if not read.startswith(_TOKEN):
        raise invalid_argument("The continuation token provided is incorrect", "continuation-token")
    return read.removeprefix(_TOKEN).decode()


def check_encoding(given: str | None) -> None:
    """Refuse an encoding of keys that S3 does not know."""
    if given not in (None, "url"):
        raise invalid_argument("Invalid Encoding Method specified in Request", "encoding-type", given)
