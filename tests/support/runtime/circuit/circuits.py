"""A fleet of execution environments as its circuit sees it: a clock, a dependency, and a table of DynamoDB's.

The table evaluates conditions and updates as DynamoDB does, as far as circuits need it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from copy import deepcopy
from random import Random
from typing import Any

from botocore.exceptions import ClientError

from redrive.aws.clients import clients
from redrive.circuit.state import StoredCircuit
from redrive.core.system import clock, randomness
from tests.support.runtime.aws.conditions import Condition
from tests.support.runtime.sqs.queue import VirtualTime

Item = dict[str, dict[str, Any]]


class Table:
    """One table with the key `id`, as a client of DynamoDB's; it counts the requests.

    Attributes:
        items: What it holds, by key.
        requests: How often each call was made.
    """

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.requests: Counter[str] = Counter()

    def get_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Key: Item,  # noqa: N803
        ConsistentRead: bool = False,  # noqa: N803
        ReturnConsumedCapacity: str = "NONE",  # noqa: N803
    ) -> dict[str, Any]:
        self.requests["GetItem"] += 1
        item = self.items.get(Key["id"]["S"])
        consumed = {"ConsumedCapacity": {"TableName": TableName, "CapacityUnits": 1.0}}
        reply: dict[str, Any] = {} if ReturnConsumedCapacity == "NONE" else consumed
        return reply if item is None else {"Item": deepcopy(item), **reply}

    def put_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Item: Item,  # noqa: N803
        ConditionExpression: str = "",  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str] | None = None,  # noqa: N803
        ExpressionAttributeValues: Item | None = None,  # noqa: N803
        ReturnValuesOnConditionCheckFailure: str = "NONE",  # noqa: N803
    ) -> dict[str, Any]:
        self.requests["PutItem"] += 1
        key = Item["id"]["S"]
        found = self.items.get(key, {})
        condition = Condition(ConditionExpression, found, ExpressionAttributeNames, ExpressionAttributeValues)
        if ConditionExpression and not condition.holds():
            failure: Any = {"Error": {"Code": "ConditionalCheckFailedException", "Message": "refused"}}
            if found and ReturnValuesOnConditionCheckFailure == "ALL_OLD":
                failure["Item"] = deepcopy(found)
            raise ClientError(failure, "PutItem")
        self.items[key] = deepcopy(Item)
        return {}

    def update_item(
        self,
        *,
        TableName: str,  # noqa: N803
        Key: Item,  # noqa: N803
        UpdateExpression: str,  # noqa: N803
        ExpressionAttributeNames: Mapping[str, str],  # noqa: N803
        ExpressionAttributeValues: Item,  # noqa: N803
    ) -> dict[str, Any]:
        self.requests["UpdateItem"] += 1
        item = self.items.setdefault(Key["id"]["S"], deepcopy(Key))
        assert UpdateExpression.startswith("SET ")
        assignments, _, removals = UpdateExpression.removeprefix("SET ").partition(" REMOVE ")
        for assignment in assignments.split(","):
            name, value = (each.strip() for each in assignment.split("="))
            item[ExpressionAttributeNames.get(name, name)] = ExpressionAttributeValues[value]
        for name in filter(None, (each.strip() for each in removals.split(","))):
            item.pop(ExpressionAttributeNames.get(name, name), None)
        return {}


class Dependency:
    """Dependency behind the circuit: it is down between two moments, and counts the calls that reach it.

    Attributes:
        reached: How many calls reached it while it was down.
    """

    def __init__(self, time: VirtualTime, down_from: float, down_until: float) -> None:
        self._time = time
        self._from = down_from
        self._until = down_until
        self.reached = 0

    @property
    def is_down(self) -> bool:
        return self._from <= self._time.now < self._until

    def call(self) -> str:
        if self.is_down:
            self.reached += 1
            raise ConnectionError("the dependency is down")
        return "done"


class FlakyStore:
    """A store that fails when a test wants it to, before or after a write has taken effect.

    Attributes:
        fail: How many of the next requests fail.
        lose: How many replies of the next writes are lost: they took effect, and an error is raised.
        requests: How many there were.
    """

    is_local = False

    def __init__(self, inner: Any) -> None:
        self.inner = inner
        self.fail = 0
        self.lose = 0
        self.requests: list[str] = []

    def read(self, circuit: str) -> StoredCircuit:
        self._fails("read")
        return self.inner.read(circuit)

    def swap(self, circuit: str, before: str | None, after: StoredCircuit) -> StoredCircuit:
        self._fails("swap")
        found = self.inner.swap(circuit, before, after)
        if self.lose:
            self.lose -= 1
            raise TimeoutError("the reply was lost")
        return found

    def _fails(self, request: str) -> None:
        self.requests.append(request)
        if self.fail:
            self.fail -= 1
            raise TimeoutError("the store does not answer")


@contextmanager
def fleet(time: VirtualTime, table: Table | None = None, seed: int = 7) -> Iterator[None]:
    """The time, chance and table of a fleet, in the place of the real ones."""
    with ExitStack() as stack:
        stack.enter_context(clock.replaced(time))
        stack.enter_context(randomness.replaced(Random(seed).random))
        if table is not None:
            stack.enter_context(clients.replaced(lambda service, limits: {"dynamodb": table}[service]))
        yield
