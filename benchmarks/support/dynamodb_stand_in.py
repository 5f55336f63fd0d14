"""A stand-in for DynamoDB, under boto3's own requests: it answers those that idempotency makes, and takes its time.

Conditions are evaluated, each write is judged alone, and requests and write units are counted as DynamoDB counts them:
a unit for each KB of the larger of the item before and after, for a write that fails its condition as well.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/read-write-operations.html
"""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from botocore import xform_name
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders

Item = dict[str, dict[str, str]]


class ConditionFailed(Exception):
    """A write was not carried out."""

    def __init__(self, item: Item | None) -> None:
        super().__init__("The conditional request failed")
        self.item = item


class DynamoDB:
    """The stand-in, for one table with the partition key `id`.

    Args:
        seconds: How long each request takes.

    Attributes:
        items: What is in the table.
        requests: How often each operation was asked for.
        write_units: What the writes cost.
        read_units: What the reads cost, strongly consistent.
        computing: The seconds of CPU time that it has taken itself.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.items: dict[str, Item] = {}
        self.requests: Counter[str] = Counter()
        self.write_units = 0
        self.read_units = 0
        self.computing = 0.0
        self._lock = Lock()

    def under(self, client: Any) -> Any:
        """The boto3 client, its requests ending here instead of on the network."""
        client._endpoint.http_session.send = self._send
        return client

    def _send(self, request: Any) -> AWSResponse:
        arrived, began = time.perf_counter(), time.thread_time()
        operation = request.headers["X-Amz-Target"].decode().partition(".")[2]
        with self._lock:
            self.requests[operation] += 1
            status, answer = self._answer(operation, json.loads(request.body))
            headers = HTTPHeaders()
            headers["Content-Type"] = "application/x-amz-json-1.0"
            response = AWSResponse(request.url, status, headers, _Body(json.dumps(answer).encode()))
            self.computing += time.thread_time() - began
        time.sleep(max(0.0, self.seconds - (time.perf_counter() - arrived)))
        return response

    def _answer(self, operation: str, arguments: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            return 200, getattr(self, f"_{xform_name(operation)}")(arguments)
        except ConditionFailed as failed:
            answer: dict[str, Any] = {
                "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
                "message": str(failed),
            }
            if failed.item is not None and arguments.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD":
                answer["Item"] = failed.item
            return 400, answer

    def _put_item(self, arguments: dict[str, Any]) -> dict[str, Any]:
        item: Item = arguments["Item"]
        before = self.items.get(item["id"]["S"])
        self._write(before, item, _condition(arguments))
        return {}

    def _update_item(self, arguments: dict[str, Any]) -> dict[str, Any]:
        names, values = arguments["ExpressionAttributeNames"], arguments["ExpressionAttributeValues"]
        before = self.items.get(arguments["Key"]["id"]["S"])
        after = dict(before or arguments["Key"])
        for change in arguments["UpdateExpression"].removeprefix("SET ").split(", "):
            name, _, value = change.partition(" = ")
            after[names[name]] = values[value]
        self._write(before, after, _condition(arguments))
        return {}

    def _delete_item(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self._write(self.items.get(arguments["Key"]["id"]["S"]), None, _condition(arguments))
        return {}

    def _get_item(self, arguments: dict[str, Any]) -> dict[str, Any]:
        item = self.items.get(arguments["Key"]["id"]["S"])
        self.read_units += 1
        return {} if item is None else {"Item": item}

    def _batch_get_item(self, arguments: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, list[Item]] = {}
        for table, asked in arguments["RequestItems"].items():
            self.read_units += len(asked["Keys"])
            items = (self.items.get(key["id"]["S"]) for key in asked["Keys"])
            found[table] = [item for item in items if item is not None]
        return {"Responses": found, "UnprocessedKeys": {}}

    def _batch_execute_statement(self, arguments: dict[str, Any]) -> dict[str, Any]:
        assert len(arguments["Statements"]) <= 25
        return {"Responses": [self._execute(statement) for statement in arguments["Statements"]]}

    def _execute(self, statement: dict[str, Any]) -> dict[str, Any]:
        text, parameters = statement["Statement"], iter(statement["Parameters"])
        try:
            if text.startswith("INSERT"):
                item = _values(r"'(\w+)': ", text, parameters)
                before = self.items.get(item["id"]["S"])
                self._write(before, item, lambda item: item is None)
            else:
                changed, _, where = text.partition(" WHERE ")
                changes = _values(r'"(\w+)"=', changed, parameters)
                known = _values(r'"(\w+)"=', where, parameters)
                before = self.items.get(known["id"]["S"])

                def holds(item: Item | None) -> bool:
                    return item is not None and all(item.get(name) == value for name, value in known.items())

                self._write(before, None if text.startswith("DELETE") else {**(before or {}), **changes}, holds)
        except ConditionFailed as failed:
            if text.startswith("INSERT"):  # which is not said to return the item
                return {"Error": {"Code": "DuplicateItem", "Message": "Duplicate primary key exists in table"}}
            error: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": str(failed)}
            return {"Error": error if failed.item is None else {**error, "Item": failed.item}}
        return {}

    def _write(self, before: Item | None, after: Item | None, holds: Callable[[Item | None], bool]) -> None:
        self.write_units += max(_units(before), _units(after))
        if not holds(before):
            raise ConditionFailed(before)
        if after is not None:
            self.items[after["id"]["S"]] = after
        elif before is not None:
            del self.items[before["id"]["S"]]


def _values(name: str, text: str, parameters: Iterator[dict[str, str]]) -> Item:
    """The names and values in a part of a PartiQL statement."""
    found: Item = {}
    for each, parameter, number, word in re.findall(name + r"(?:(\?)|(\d+)|'([^']*)')", text):
        found[each] = next(parameters) if parameter else {"N": number} if number else {"S": word}
    return found


class _Body:
    """A reply's body, read as urllib3's are."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def stream(self, *_: object, **__: object) -> Iterator[bytes]:
        yield self._content


def _units(item: Item | None) -> int:
    size = sum(len(name) + len(value) for name, typed in (item or {}).items() for value in typed.values())
    return max(1, -(-size // 1024))


def _condition(arguments: dict[str, Any]) -> Callable[[Item | None], bool]:
    """Evaluates a `ConditionExpression` of comparisons, functions, AND, OR and parentheses on an item."""
    expression = arguments.get("ConditionExpression")
    if expression is None:
        return lambda item: True
    names = arguments.get("ExpressionAttributeNames", {})
    values = arguments.get("ExpressionAttributeValues", {})
    tokens = re.findall(r"attribute_not_exists|attribute_exists|AND|OR|[()<>=]|[#:]\w+", expression)

    def python(token: str) -> str:
        match token:
            case "attribute_not_exists":
                return "not exists"
            case "attribute_exists":
                return "exists"
            case "AND" | "OR":
                return token.lower()
            case "=":
                return "=="
            case "(" | ")" | "<" | ">":
                return token
            case _:
                return f"value({token!r})"

    code = compile(" ".join(map(python, tokens)), "condition", "eval")

    def holds(item: Item | None) -> bool:
        def value(token: str) -> Any:
            typed = values[token] if token.startswith(":") else (item or {}).get(names[token])
            if typed is None:
                return _Nothing()
            ((kind, content),) = typed.items()
            return float(content) if kind == "N" else content

        return bool(eval(code, {"value": value, "exists": lambda found: not isinstance(found, _Nothing)}))

    return holds


class _Nothing:
    """An attribute that an item does not have: no comparison with it holds."""

    def __lt__(self, other: object) -> bool:
        return False

    __gt__ = __lt__
