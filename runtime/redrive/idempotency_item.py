"""Idempotency records as DynamoDB items, and the statements that write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from redrive.idempotency_record import FAILED, IN_PROGRESS, Claim, Ending, Stored
from redrive.partiql_batch import Statement

#: An item may have 400 KB with the names of its attributes; a key has at most 2,048 bytes, all else less than 1,500.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
LARGEST_DATA = 400 * 1024 - 2048 - 1500

_NAMES = {
    "key": "id",
    "status": "status",
    "expiration": "expiration",
    "lease_end": "in_progress_expiration",
    "owner": "owner",
    "data": "data",
    "validation": "validation",
    "error": "error",
}
_NUMBERS = frozenset({"expiration", "lease_end"})
_WORDS = frozenset({"status", "owner"})
# Where an item has no expiration. None of ours is without.
_NEVER = 2**53
_WORD = re.compile(r"[\w-]+", re.ASCII)


def item_of(stored: Stored) -> dict[str, Any]:
    """A record as an item, without what it does not have."""
    return {_NAMES[name]: _value(name, value) for name, value in stored._asdict().items() if value is not None}


def stored_of(item: Mapping[str, Any]) -> Stored:
    """An item as a record. What is an empty text counts as not there."""
    fields: dict[str, Any] = {}
    for name, attribute in _NAMES.items():
        value: Mapping[str, str] = item.get(attribute, {})
        if name in _NUMBERS:
            fields[name] = int(float(value["N"])) if "N" in value else None
        else:
            fields[name] = value.get("S") or None
    if fields["expiration"] is None:
        fields["expiration"] = _NEVER
    return Stored(**fields)


def claim_of_one(table: str, claim: Claim) -> dict[str, Any]:
    """The arguments of the `PutItem` that claims a key if it is free by `judge`, in whichever way."""
    values: dict[str, Any] = {
        ":now": {"N": str(int(claim.moment))},
        ":now_in_milliseconds": {"N": str(int(claim.moment * 1000))},
        ":in_progress": {"S": IN_PROGRESS},
    }
    free = [
        "attribute_not_exists(#id)",
        "#expiration < :now",
        "(#status = :in_progress AND attribute_exists(#lease_end) AND #lease_end < :now_in_milliseconds)",
    ]
    if claim.reruns_failures:
        values[":failed"] = {"S": FAILED}
        free.append("#status = :failed")
    return {
        "TableName": table,
        "Item": item_of(claim.stored),
        "ConditionExpression": " OR ".join(free),
        "ExpressionAttributeNames": {
            "#id": "id",
            "#expiration": "expiration",
            "#status": "status",
            "#lease_end": _NAMES["lease_end"],
        },
        "ExpressionAttributeValues": values,
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def insert(table: str, claim: Claim) -> Statement:
    """Claims a key of which nothing is stored."""
    parameters: list[dict[str, str]] = []
    fields = {name: value for name, value in claim.stored._asdict().items() if value is not None}
    members = ", ".join(f"'{_NAMES[name]}': {_written(name, value, parameters)}" for name, value in fields.items())
    return Statement(f'INSERT INTO "{table}" VALUE {{{members}}}', parameters)


def take_over(table: str, claim: Claim, seen: Stored) -> Statement:
    """Claims a key of which something is stored that does not count any more, if it is still that."""
    fields = claim.stored._asdict()
    changed = {name: value for name, value in fields.items() if value is not None and name != "key"}
    # Of what was there nothing stays, so that an ending need only write what it has.
    cleared = {name: "" for name in ("data", "validation", "error") if getattr(seen, name) is not None}
    known = {name: getattr(seen, name) for name in ("status", "expiration", "lease_end", "owner")}
    if seen.expiration == _NEVER:
        del known["expiration"]
    return _update(table, claim.key, cleared | changed, known)


def end(table: str, ending: Ending) -> Statement:
    """Ends a claim that is still its owner's."""
    known = {"owner": ending.owner, "status": IN_PROGRESS}
    if ending.status is None:
        parameters: list[dict[str, str]] = []
        return Statement(f'DELETE FROM "{table}" WHERE {_where(ending.key, known, parameters)}', parameters)
    changed = {name: getattr(ending, name) for name in ("status", "expiration", "data", "error")}
    return _update(table, ending.key, changed, known)


def _update(table: str, key: str, changed: Mapping[str, Any], known: Mapping[str, Any]) -> Statement:
    parameters: list[dict[str, str]] = []
    sets = " ".join(
        f'SET "{_NAMES[name]}"={_written(name, value, parameters)}'
        for name, value in changed.items()
        if value is not None
    )
    return Statement(f'UPDATE "{table}" {sets} WHERE {_where(key, known, parameters)}', parameters)


def _where(key: str, known: Mapping[str, Any], parameters: list[dict[str, str]]) -> str:
    """That what was there still is. What has come since would have come with a change of this."""
    given = {"key": key} | {name: value for name, value in known.items() if value is not None}
    return " AND ".join(f'"{_NAMES[name]}"={_written(name, value, parameters)}' for name, value in given.items())


def _written(name: str, value: Any, parameters: list[dict[str, str]]) -> str:
    """A value in a statement: written out if it can be nothing but a number or a word, else as a parameter.

    Each parameter costs botocore more time than all the rest of its statement.
    """
    if name in _NUMBERS:
        return str(int(value))
    if value == "" or (name in _WORDS and _WORD.fullmatch(value)):
        return f"'{value}'"
    parameters.append({"S": value})
    return "?"


def _value(name: str, value: object) -> dict[str, str]:
    return {"N": str(value)} if name in _NUMBERS else {"S": str(value)}
