"""Simulates the boto3 clients of S3, DynamoDB and CloudWatch Logs."""

# ruff: noqa: N803

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.handlers.clients.errors import Body, client_error
from redrive_simulator.services.tables import ConditionError, Expressions

if TYPE_CHECKING:
    from redrive_simulator.services.buckets import Bucket
    from redrive_simulator.services.tables import Table


_TERM = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')


class S3(Client):
    """Client of S3 buckets: https://docs.aws.amazon.com/AmazonS3/latest/API/."""

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: Any = b"",
        IfNoneMatch: str | None = None,
        IfMatch: str | None = None,
        **_: Any,
    ) -> dict[str, Any]:
        """`PutObject`, including `IfNoneMatch` and `IfMatch`."""
        bucket = self._bucket(Bucket, "PutObject")
        there = bucket.get(Key)
        if IfMatch is not None and there is None:
            raise client_error("NoSuchKey", "The specified key does not exist.", "PutObject", 404)
        if (IfNoneMatch == "*" and there is not None) or (
            IfMatch is not None and there is not None and there.etag != IfMatch
        ):
            message = "At least one of the pre-conditions you specified did not hold"
            raise client_error("PreconditionFailed", message, "PutObject", 412)
        content: Any = Body.read() if hasattr(Body, "read") else Body
        stored = bucket.put(Key, content.encode() if isinstance(content, str) else bytes(content))
        return {"ETag": stored.etag}

    def get_object(self, *, Bucket: str, Key: str, **_: Any) -> dict[str, Any]:
        """`GetObject`."""
        stored = self._bucket(Bucket, "GetObject").get(Key)
        stored = found(stored, "NoSuchKey", "The specified key does not exist.", "GetObject", 404)
        return {"Body": Body(stored.content), "ETag": stored.etag, "ContentLength": len(stored.content)}

    def _bucket(self, name: str, operation: str) -> Bucket:
        message = f"The specified bucket does not exist: {name}"
        return found(self._resources.buckets.get(name), "NoSuchBucket", message, operation, 404)


class DynamoDB(Client):
    """Client of tables, for single items: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/."""

    def put_item(self, *, TableName: str, Item: dict[str, Any], **more: Any) -> dict[str, Any]:
        """`PutItem`."""
        table = self._table(TableName, "PutItem")
        with _refusing("PutItem", more):
            before = table.put(Item, _expressions(more))
        return _old(before, more)

    def get_item(self, *, TableName: str, Key: dict[str, Any], **more: Any) -> dict[str, Any]:
        """`GetItem`."""
        item = self._table(TableName, "GetItem").get(Key)
        reply: dict[str, Any] = {} if item is None else {"Item": item}
        if more.get("ReturnConsumedCapacity", "NONE") != "NONE":
            reply["ConsumedCapacity"] = {"TableName": TableName, "CapacityUnits": 1.0}
        return reply

    def update_item(self, *, TableName: str, Key: dict[str, Any], **more: Any) -> dict[str, Any]:
        """`UpdateItem`."""
        table = self._table(TableName, "UpdateItem")
        with _refusing("UpdateItem", more):
            before, after, touched = table.update(Key, _expressions(more))
        returned = more.get("ReturnValues", "NONE")
        if returned == "NONE":
            return {}
        item = after if returned.endswith("NEW") else before or {}
        names = item if returned.startswith("ALL") else touched
        return {"Attributes": {name: item[name] for name in names if name in item}}

    def delete_item(self, *, TableName: str, Key: dict[str, Any], **more: Any) -> dict[str, Any]:
        """`DeleteItem`."""
        table = self._table(TableName, "DeleteItem")
        with _refusing("DeleteItem", more):
            before = table.delete(Key, _expressions(more))
        return _old(before, more)

    def _table(self, name: str, operation: str) -> Table:
        message = f"Requested resource not found: Table: {name} not found"
        return found(self._resources.tables.get(name), "ResourceNotFoundException", message, operation)


class Logs(Client):
    """Client of the functions' logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/."""

    def filter_log_events(
        self, *, logGroupName: str, startTime: int = 0, filterPattern: str = "", **_: Any
    ) -> dict[str, Any]:
        """`FilterLogEvents`: lines that contain all terms of the pattern."""
        world = self._now
        terms = [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in _TERM.findall(filterPattern)]
        lines: list[dict[str, Any]] = []
        for function in self._resources.functions.values():
            if function.log_group != logGroupName:
                continue
            for time, line in function.log:
                moment = round((world.epoch + time) * 1000)
                if moment >= startTime and all(term in line for term in terms):
                    lines.append({"timestamp": moment, "message": line, "logStreamName": "simulated"})
        return {"events": lines}


def _expressions(more: dict[str, Any]) -> Expressions:
    return Expressions(
        more.get("ConditionExpression"),
        more.get("ExpressionAttributeNames") or {},
        more.get("ExpressionAttributeValues") or {},
        more.get("UpdateExpression"),
    )


@contextmanager
def _refusing(operation: str, more: dict[str, Any]) -> Generator[None]:
    """Raise the error of boto3 in place of `ConditionError`."""
    try:
        yield
    except ConditionError as error:
        wanted = more.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and error.item
        item: dict[str, Any] = {"Item": error.item} if wanted else {}
        raise client_error("ConditionalCheckFailedException", str(error), operation, **item) from error


def _old(item: dict[str, Any] | None, more: dict[str, Any]) -> dict[str, Any]:
    return {"Attributes": item} if item and more.get("ReturnValues") == "ALL_OLD" else {}
