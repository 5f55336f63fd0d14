"""Simulates the boto3 clients of S3, DynamoDB and CloudWatch Logs."""

# ruff: noqa: N803

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from redrive_simulator.handlers.clients.base import Client
from redrive_simulator.handlers.clients.errors import Body, client_error
from redrive_simulator.services.tables import ConditionError

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
        found = self._bucket(Bucket, "GetObject").get(Key)
        if found is None:
            raise client_error("NoSuchKey", "The specified key does not exist.", "GetObject", 404)
        return {"Body": Body(found.content), "ETag": found.etag, "ContentLength": len(found.content)}

    def _bucket(self, name: str, operation: str) -> Bucket:
        bucket = self._now.buckets.get(name)
        if bucket is None:
            raise client_error("NoSuchBucket", f"The specified bucket does not exist: {name}", operation, 404)
        return bucket


class DynamoDB(Client):
    """Client of tables, for single items: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/."""

    def put_item(self, *, TableName: str, Item: dict[str, Any], **more: Any) -> dict[str, Any]:
        """`PutItem`."""
        table = self._table(TableName, "PutItem")
        try:
            before = table.put(Item, *_condition(more))
        except ConditionError as error:
            raise _refused(error, "PutItem", more) from error
        return {"Attributes": before} if before and more.get("ReturnValues") == "ALL_OLD" else {}

    def get_item(self, *, TableName: str, Key: dict[str, Any], **_: Any) -> dict[str, Any]:
        """`GetItem`."""
        found = self._table(TableName, "GetItem").get(Key)
        return {} if found is None else {"Item": found}

    def update_item(
        self, *, TableName: str, Key: dict[str, Any], UpdateExpression: str | None = None, **more: Any
    ) -> dict[str, Any]:
        """`UpdateItem`."""
        table = self._table(TableName, "UpdateItem")
        try:
            before, after, touched = table.update(Key, UpdateExpression, *_condition(more))
        except ConditionError as error:
            raise _refused(error, "UpdateItem", more) from error
        returned = more.get("ReturnValues", "NONE")
        if returned == "NONE":
            return {}
        item = after if returned.endswith("NEW") else before or {}
        names = item if returned.startswith("ALL") else touched
        return {"Attributes": {name: item[name] for name in names if name in item}}

    def delete_item(self, *, TableName: str, Key: dict[str, Any], **more: Any) -> dict[str, Any]:
        """`DeleteItem`."""
        table = self._table(TableName, "DeleteItem")
        try:
            before = table.delete(Key, *_condition(more))
        except ConditionError as error:
            raise _refused(error, "DeleteItem", more) from error
        return {"Attributes": before} if before and more.get("ReturnValues") == "ALL_OLD" else {}

    def _table(self, name: str, operation: str) -> Table:
        table = self._now.tables.get(name)
        if table is None:
            message = f"Requested resource not found: Table: {name} not found"
            raise client_error("ResourceNotFoundException", message, operation)
        return table


class Logs(Client):
    """Client of the functions' logs: https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/."""

    def filter_log_events(
        self, *, logGroupName: str, startTime: int = 0, filterPattern: str = "", **_: Any
    ) -> dict[str, Any]:
        """`FilterLogEvents`: lines that contain all terms of the pattern."""
        world = self._now
        terms = [re.sub(r"\\(.)", r"\1", quoted) or plain for quoted, plain in _TERM.findall(filterPattern)]
        found: list[dict[str, Any]] = []
        for function in world.functions.values():
            if function.log_group != logGroupName:
                continue
            for time, line in function.log:
                moment = round((world.epoch + time) * 1000)
                if moment >= startTime and all(term in line for term in terms):
                    found.append({"timestamp": moment, "message": line, "logStreamName": "simulated"})
        return {"events": found}


def _condition(more: dict[str, Any]) -> tuple[str | None, dict[str, str], dict[str, Any]]:
    return (
        more.get("ConditionExpression"),
        more.get("ExpressionAttributeNames") or {},
        more.get("ExpressionAttributeValues") or {},
    )


def _refused(error: ConditionError, operation: str, more: dict[str, Any]) -> Exception:
    wanted = more.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and error.item
    item: dict[str, Any] = {"Item": error.item} if wanted else {}
    return client_error("ConditionalCheckFailedException", str(error), operation, **item)
