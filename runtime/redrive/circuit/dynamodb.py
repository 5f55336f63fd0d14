"""Keeps the state of circuits in a DynamoDB table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from redrive.aws.clients import TimeLimits, client
from redrive.aws.errors import item_in_the_way
from redrive.circuit.state import CLOSED, CircuitState, StoredCircuit
from redrive.core.system import now
from redrive.settings.base import check_name

# The user's call waits for these requests, so their limits are shorter than those of calls without an alternative. Both
# tries together end within three seconds. DynamoDB usually answers within ten milliseconds.
LIMITS = TimeLimits(connect=0.5, read=1.0, attempts=2)
# In seconds. One day, because TTL is not more precise:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
_KEPT = 86_400


class DynamoDBCircuits:
    """Keeps the state of circuits in a DynamoDB table, shared by all execution environments of all functions.

    The table's partition key is `id`, a string; its TTL attribute should be `expiration`. The table of an
    `IdempotencyTable` is suitable. The item of a circuit has the id `circuit#<name>`. Its attribute `state` is the
    circuit's status at the time of the write: `closed`, `open` or `half_open`.

    **Permissions:** `dynamodb:GetItem`, `dynamodb:PutItem`. **Consistency:** reads are strongly consistent, and each
    write is conditional on the state that was read. A write that is sent again after a lost reply is recognized by its
    token. **Cost:** one request per read and one per write, of less than 1 KB. **Time:** a request takes at most three
    seconds, including its second try; see `LIMITS`.

    Args:
        table: The table's name or ARN.

    Attributes:
        is_local: False: a breaker caches the state that it has read.

    Raises:
        ValueError: `table` is empty.
    """

    is_local = False

    def __init__(self, table: str) -> None:
        check_name("TableName", "table", table)
        self._table = table

    def __eq__(self, other: object) -> bool:
        """Return True for a store of the same table, which keeps the same circuits."""
        return isinstance(other, DynamoDBCircuits) and other._table == self._table

    def __hash__(self) -> int:
        """Return a hash of the table's name."""
        return hash(self._table)

    def read(self, circuit: str) -> StoredCircuit:
        """Return the latest state; see `CircuitStore`.

        Raises:
            botocore.exceptions.BotoCoreError: The call failed on its way.
            botocore.exceptions.ClientError: DynamoDB refused the call.
            LookupError: The reply has neither an item nor the capacity that the read consumed.
        """
        dynamodb = client("dynamodb", limits=LIMITS)
        # A reply without an item means a closed circuit. The capacity tells it from a reply that was cut off.
        reply = dynamodb.get_item(
            TableName=self._table, Key=_key(circuit), ConsistentRead=True, ReturnConsumedCapacity="TOTAL"
        )
        item = reply.get("Item")
        if item is None and not reply.get("ConsumedCapacity"):
            raise LookupError(f"DynamoDB's reply to GetItem on {self._table} has no Item and no ConsumedCapacity")
        return _stored(item)

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        """Write a state unless someone else wrote one since it was read; see `CircuitStore`.

        Raises:
            botocore.exceptions.BotoCoreError: The call failed on its way.
            botocore.exceptions.ClientError: DynamoDB refused the call.
        """
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(id)"}
        if before is not None:
            condition = {
                "ConditionExpression": "#version = :before",
                "ExpressionAttributeNames": {"#version": "version"},
                "ExpressionAttributeValues": {":before": {"S": before}},
            }
        try:
            client("dynamodb", limits=LIMITS).put_item(
                TableName=self._table,
                Item=_item(circuit, after, now()),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **condition,
            )
        except Exception as error:
            item = item_in_the_way(error)
            if item is None or (before is None and not item):  # what exists already must be in the error
                raise
            return _stored(item or None)
        return after


def _key(circuit: str) -> dict[str, Any]:
    return {"id": {"S": f"circuit#{circuit}"}}


def _item(circuit: str, stored: StoredCircuit, moment: float) -> dict[str, Any]:
    state = stored.state
    item = _key(circuit) | {
        "version": {"S": stored.version},
        "state": {"S": state.status(moment)},
        "openings": {"N": str(state.openings)},
        "successes": {"N": str(state.successes)},
        "failures": {"L": [_number(each) for each in state.failures]},
        "stretches": {"L": [{"L": [_number(each) for each in stretch]} for stretch in state.stretches]},
        "expiration": {"N": str(math.ceil(max(moment, state.open_until or 0) + _KEPT))},
    }
    if state.open_until is not None:
        item["open_until"] = _number(state.open_until)
    if state.opened_at is not None:
        item["opened_at"] = _number(state.opened_at)
    if state.probe is not None:
        item["probe"] = {"S": state.probe}
    return item


def _stored(item: Mapping[str, Any] | None) -> StoredCircuit:
    if item is None:
        return StoredCircuit()
    version: str = item["version"]["S"]
    if float(item["expiration"]["N"]) <= now():  # TTL deletes late
        return StoredCircuit(version, CLOSED)
    state = CircuitState(
        open_until=_moment(item, "open_until"),
        opened_at=_moment(item, "opened_at"),
        openings=int(item["openings"]["N"]),
        successes=int(item["successes"]["N"]),
        probe=item.get("probe", {}).get("S"),
        failures=tuple(float(each["N"]) for each in item["failures"]["L"]),
        stretches=tuple(_stretch(each["L"]) for each in item["stretches"]["L"]),
    )
    return StoredCircuit(version, state)


def _stretch(numbers: list[dict[str, str]]) -> tuple[int, int, int]:
    number, calls, failures = (int(each["N"]) for each in numbers)
    return number, calls, failures


def _number(value: float) -> dict[str, str]:
    return {"N": repr(value)}  # all digits, so that the value read equals the value written


def _moment(item: Mapping[str, Any], name: str) -> float | None:
    return float(item[name]["N"]) if name in item else None
