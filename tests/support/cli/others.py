"""Buckets, log groups, tables and streams."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from botocore.exceptions import ClientError


class _Body(io.BytesIO):
    def iter_lines(self) -> list[bytes]:
        return self.getvalue().splitlines()


class FakeS3:
    def __init__(self, world: Any) -> None:
        self._world = world
        self.buckets: dict[str, dict[str, bytes]] = {}

    def list_objects_v2(self, Bucket: str, Prefix: str = "", ContinuationToken: str = "") -> dict[str, Any]:
        keys = sorted(key for key in self._bucket(Bucket) if key.startswith(Prefix) and key > ContinuationToken)
        page = keys[:1000]
        modified = datetime.fromtimestamp(self._world.now(), UTC)
        found: dict[str, Any] = {
            "Contents": [
                {
                    "Key": key,
                    "Size": len(self.buckets[Bucket][key]),
                    "LastModified": modified,
                    "ETag": self._tag(Bucket, key),
                }
                for key in page
            ]
        }
        if keys[1000:]:
            found["NextContinuationToken"] = page[-1]
        return found

    def get_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self._bucket(Bucket):
            raise ClientError({"Error": {"Code": "NoSuchKey", "Message": "no such key"}}, "GetObject")
        return {"Body": _Body(self.buckets[Bucket][Key]), "ETag": self._tag(Bucket, Key)}

    def head_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        if Key not in self._bucket(Bucket):
            raise ClientError({"Error": {"Code": "404", "Message": "Not Found"}}, "HeadObject")
        return {"ETag": self._tag(Bucket, Key)}

    def _tag(self, bucket: str, key: str) -> str:
        return md5(self.buckets[bucket][key], usedforsecurity=False).hexdigest()

    def put_object(self, Bucket: str, Key: str, Body: bytes, **_: Any) -> dict[str, Any]:
        self._bucket(Bucket)[Key] = Body if isinstance(Body, bytes) else Body.read()
        return {"ETag": '"1"'}

    def delete_object(self, Bucket: str, Key: str) -> dict[str, Any]:
        self._bucket(Bucket).pop(Key, None)
        return {}

    def _bucket(self, name: str) -> dict[str, bytes]:
        if name not in self.buckets:
            raise ClientError({"Error": {"Code": "NoSuchBucket", "Message": "no such bucket"}}, "ListObjectsV2")
        return self.buckets[name]


class FakeLogs:
    def __init__(self, world: Any) -> None:
        self.groups: dict[str, list[tuple[float, str]]] = {}

    def filter_log_events(self, logGroupName: str, filterPattern: str = "", **options: Any) -> dict[str, Any]:
        if logGroupName not in self.groups:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "FilterLogEvents")
        wanted = [each.strip('"') for each in filterPattern.removeprefix("?").split(" ?")]
        start = options.get("startTime", 0)
        found = [
            {"timestamp": int(at * 1000), "message": text}
            for at, text in self.groups[logGroupName]
            if at * 1000 >= start and any(each in text for each in wanted)
        ]
        return {"events": found}


class FakeDynamoDB:
    """Tables with the key `id`; a condition holds if the names and values that it compares are equal."""

    def __init__(self, world: Any) -> None:
        self.tables: dict[str, dict[str, Any]] = {}

    def get_item(self, TableName: str, Key: Any, **_: Any) -> dict[str, Any]:
        item = self.tables.setdefault(TableName, {}).get(Key["id"]["S"])
        return {"ConsumedCapacity": {"TableName": TableName}, **({} if item is None else {"Item": item})}

    def put_item(self, TableName: str, Item: Any, **request: Any) -> dict[str, Any]:
        self._check(TableName, Item["id"]["S"], request)
        self.tables[TableName][Item["id"]["S"]] = Item
        return {}

    def delete_item(self, TableName: str, Key: Any, **request: Any) -> dict[str, Any]:
        self._check(TableName, Key["id"]["S"], request)
        self.tables[TableName].pop(Key["id"]["S"], None)
        return {}

    def _check(self, table: str, key: str, request: dict[str, Any]) -> None:
        item = self.tables.setdefault(table, {}).get(key, {})
        condition: str = request.get("ConditionExpression", "")
        for part in condition.split(" AND ") if condition else ():
            if part == "attribute_not_exists(id)":
                holds = not item
            else:
                name, _, value = part.partition(" = ")
                names = request.get("ExpressionAttributeNames", {})
                holds = item.get(names.get(name, name)) == request["ExpressionAttributeValues"][value]
            if not holds:
                error = {"Code": "ConditionalCheckFailedException", "Message": "changed"}
                raise ClientError({"Error": error, "Item": item}, "PutItem")  # pyright: ignore


class FakeKinesis:
    def __init__(self, world: Any) -> None:
        self.records: list[dict[str, Any]] = []
        self.refuses = 0

    def put_records(self, Records: list[dict[str, Any]], **_: Any) -> dict[str, Any]:
        results: list[dict[str, Any]] = []
        for record in Records:
            if self.refuses:
                self.refuses -= 1
                results.append({"ErrorCode": "ProvisionedThroughputExceededException", "ErrorMessage": "slow down"})
            else:
                self.records.append(record)
                results.append({"SequenceNumber": str(len(self.records)), "ShardId": "shardId-000000000000"})
        failed = sum("ErrorCode" in each for each in results)
        return {"FailedRecordCount": failed, "Records": results}


class FakeSns:
    """Attributes of subscriptions by ARN."""

    def __init__(self, world: Any) -> None:
        self.subscriptions: dict[str, dict[str, str]] = {}

    def get_subscription_attributes(self, SubscriptionArn: str) -> dict[str, Any]:
        if SubscriptionArn not in self.subscriptions:
            raise ClientError({"Error": {"Code": "NotFound", "Message": "none"}}, "GetSubscriptionAttributes")
        unset = {"RawMessageDelivery": "false", "FilterPolicyScope": "MessageAttributes"}
        return {"Attributes": {**unset, **self.subscriptions[SubscriptionArn]}}


class FakeEvents:
    """Rules with their targets, by bus and name."""

    def __init__(self, world: Any) -> None:
        self.rules: dict[tuple[str, str], dict[str, Any]] = {}

    def describe_rule(self, Name: str, EventBusName: str = "default") -> dict[str, Any]:
        return {"State": self._rule(Name, EventBusName).get("State", "ENABLED")}

    def list_targets_by_rule(self, Rule: str, EventBusName: str = "default") -> dict[str, Any]:
        return {"Targets": self._rule(Rule, EventBusName)["Targets"]}

    def _rule(self, name: str, bus: str) -> dict[str, Any]:
        if (bus, name) not in self.rules:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": "none"}}, "DescribeRule")
        return self.rules[bus, name]
