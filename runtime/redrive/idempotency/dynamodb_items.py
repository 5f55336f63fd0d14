"""Converts idempotency records to DynamoDB items and back, and makes the statements that write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from redrive.aws.partiql import Statement
from redrive.idempotency.record import IN_PROGRESS, Claim, Ending, Stored

#: In bytes. An item has at most 400 KB including the names of its attributes; a key has at most 2,048 bytes, all else
#: less than 1,500. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_DATA = 400 * 1024 - 2048 - 1500

#: The attributes of an item, by the fields of a record.
ATTRIBUTES = {
    "key": "id",
    "status": "status",
    "expiration": "expiration",
    "lease_end": "in_progress_expiration",
    "owner": "owner",
    "data": "data",
    "validation": "validation",
    "error": "error",
    "delivery": "delivery",
    "alive_until": "alive_until",
    "renewed_by": "renewed_by",
}
_NUMBERS = frozenset({"expiration", "lease_end", "alive_until"})
_WORDS = frozenset({"status", "owner", "delivery", "renewed_by"})
# Used if an item has no expiration, which never happens to items written here.
_NEVER = 2**53
_WORD = re.compile(r"[\w-]+", re.ASCII)


def stored_of(item: Mapping[str, Any]) -> Stored:
    """Convert an item to a record; an empty text counts as missing."""
    fields: dict[str, Any] = {}
    for name, attribute in ATTRIBUTES.items():
        value: Mapping[str, str] = item.get(attribute, {})
        if name in _NUMBERS:
            fields[name] = int(float(value["N"])) if "N" in value else None
        else:
            fields[name] = value.get("S") or None
    if fields["expiration"] is None:
        fields["expiration"] = _NEVER
    if fields["renewed_by"] is None:  # of an earlier claim, which was renewed
        fields["alive_until"] = None
    return Stored(**fields)


def insert(table: str, claim: Claim) -> Statement:
    """Return the statement that claims a key without a record."""
    parameters: list[dict[str, str]] = []
    fields = {name: value for name, value in claim.stored._asdict().items() if value is not None}
    members = ", ".join(f"'{ATTRIBUTES[name]}': {_written(name, value, parameters)}" for name, value in fields.items())
    return Statement(f'INSERT INTO "{table}" VALUE {{{members}}}', parameters)


def take_over(table: str, claim: Claim, seen: Stored) -> Statement:
    """Return the statement that claims a key whose record is no longer valid, if the record is unchanged."""
    fields = claim.stored._asdict()
    changed = {name: value for name, value in fields.items() if value is not None and name != "key"}
    # Clears all old values, so that an ending writes only its own.
    clearable = ("data", "validation", "error", "delivery", "renewed_by")
    cleared = {name: "" for name in clearable if getattr(seen, name) is not None}
    known = {name: getattr(seen, name) for name in ("status", "expiration", "lease_end", "owner")}
    if seen.expiration == _NEVER:
        del known["expiration"]
    return _update(table, claim.key, cleared | changed, known)


def end(table: str, ending: Ending) -> Statement:
    """Return the statement that ends or renews a claim if it is still its owner's."""
    known = {"owner": ending.owner, "status": IN_PROGRESS}
    if ending.status == IN_PROGRESS:
        # A request that was late on its way must not undo a later one.
        renewal = _update(table, ending.key, {"expiration": ending.expiration}, known)
        return renewal._replace(text=f'{renewal.text} AND "expiration"<{ending.expiration}')
    if ending.status is None:
        parameters: list[dict[str, str]] = []
        return Statement(f'DELETE FROM "{table}" WHERE {_where(ending.key, known, parameters)}', parameters)
    changed = {name: getattr(ending, name) for name in ("status", "expiration", "data", "error")}
    return _update(table, ending.key, changed, known)


def _update(table: str, key: str, changed: Mapping[str, Any], known: Mapping[str, Any]) -> Statement:
    parameters: list[dict[str, str]] = []
    sets = " ".join(
        f'SET "{ATTRIBUTES[name]}"={_written(name, value, parameters)}'
        for name, value in changed.items()
        if value is not None
    )
    return Statement(f'UPDATE "{table}" {sets} WHERE {_where(key, known, parameters)}', parameters)


def _where(key: str, known: Mapping[str, Any], parameters: list[dict[str, str]]) -> str:
    """Return the condition that a record is unchanged."""
    # Every other write would have changed one of these fields.
    given = {"key": key} | {name: value for name, value in known.items() if value is not None}
    return " AND ".join(f'"{ATTRIBUTES[name]}"={_written(name, value, parameters)}' for name, value in given.items())


def _written(name: str, value: Any, parameters: list[dict[str, str]]) -> str:
    """Return a value for a statement: in place if it is only a number or a word, otherwise as a parameter."""
    # A parameter costs botocore more time than the rest of its statement.
    if name in _NUMBERS:
        return str(int(value))
    if value == "" or (name in _WORDS and _WORD.fullmatch(value)):
        return f"'{value}'"
    parameters.append({"S": value})
    return "?"
