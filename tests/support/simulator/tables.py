"""A simulation with tables, for tests of the stand-in for DynamoDB."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

from redrive_simulator import Simulation
from tests.support.simulator.simulations import resource, template

#: Answers a call; refusals are tuples of code and message.
Answer = dict[str, Any]
Refusal = tuple[str, str]


def _key(*names: str) -> list[dict[str, str]]:
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)]


def _index(name: str, keys: list[dict[str, str]], kind: str, *further: str) -> dict[str, Any]:
    projection = {"ProjectionType": kind, **({"NonKeyAttributes": list(further)} if further else {})}
    return {"IndexName": name, "KeySchema": keys, "Projection": projection}


_TYPES = {"p": "S", "c": "N", "g": "S", "h": "N"}
_DEFINITIONS = [{"AttributeName": name, "AttributeType": kind} for name, kind in _TYPES.items()]
STACK = template(
    Hash=resource(
        "AWS::DynamoDB::Table",
        TableName="hash",
        KeySchema=_key("p"),
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "S"}],
    ),
    Bytes=resource(
        "AWS::DynamoDB::Table",
        TableName="bytes",
        KeySchema=_key("p"),
        AttributeDefinitions=[{"AttributeName": "p", "AttributeType": "B"}],
    ),
    Both=resource(
        "AWS::DynamoDB::Table",
        TableName="both",
        KeySchema=_key("p", "c"),
        AttributeDefinitions=_DEFINITIONS,
        GlobalSecondaryIndexes=[
            _index("whole", _key("g", "h"), "ALL"),
            _index("part", _key("g"), "INCLUDE", "a"),
        ],
        LocalSecondaryIndexes=[_index("local", _key("p", "h"), "KEYS_ONLY")],
    ),
)


@cache
def shared_client() -> Any:
    """Return a client of tables that one process shares: `hash`, `bytes`, and `both` with indexes."""
    return Simulation.from_template(STACK).client("dynamodb")


def fresh_client() -> Any:
    """Return a client of empty tables."""
    return Simulation.from_template(STACK).client("dynamodb")


def answer(call: Callable[[], Mapping[str, Any]]) -> Answer | Refusal:
    """Return the answer of a call without its metadata, or code and message of the refusal."""
    try:
        reply = dict(call())
    except ClientError as error:
        described: dict[str, str] = {**error.response.get("Error", {})}  # pyright: ignore[reportAssignmentType]
        return described["Code"], described["Message"]
    reply.pop("ResponseMetadata", None)
    return reply


def reasons(call: Callable[[], Any]) -> list[tuple[str, str | None]]:
    """Return codes and messages of the reasons for which a transaction is cancelled."""
    try:
        call()
    except ClientError as error:
        given: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", [])
        return [(str(reason.get("Code")), reason.get("Message")) for reason in given]
    return []


def invalid(message: str) -> Refusal:
    """Return the refusal of a request that DynamoDB cannot carry out as it is."""
    return "ValidationException", message


def used(expressions: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the parameter with those of some values that expressions use, if they use any."""
    found = {key: values[key] for key in re.findall(r":\w+", expressions) if key in values}
    return {"ExpressionAttributeValues": found} if found else {}


def query(values: Mapping[str, Any], condition: str, **more: Any) -> Callable[[Any], Answer]:
    """Return a query of the table `both` by a client, with those of some values that its expressions use."""
    given = {"TableName": "both", "KeyConditionExpression": condition, **more}
    if "ExpressionAttributeValues" not in given:
        given |= used(f"{condition} {more.get('FilterExpression')}", values)
    return lambda client: client.query(**given)


#: Refusals that several requests have in common, as recorded at AWS.
INVALID = "One or more parameter values were invalid: "
MISMATCH = "The provided key element does not match the schema"
NOT_FOUND: Refusal = ("ResourceNotFoundException", "Requested resource not found")
EMPTY_KEY = invalid(
    "One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty string "
    "value. Key: p"
)
