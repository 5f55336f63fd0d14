"""A table in memory that Powertools and the helpers use together."""

from __future__ import annotations

import re
from typing import Any

from tests.support.runtime.aws.conditions import Condition
from tests.support.runtime.aws.fake_dynamodb import FakeDynamoDB, client_error


class SharedDynamoDB(FakeDynamoDB):
    """Also answers the requests that the DynamoDB layer of Powertools' idempotency makes."""

    def put_item(self, **request: Any) -> dict[str, Any]:
        key = request["Item"]["id"]["S"]
        old = self.items.get(key)
        condition = Condition(
            request["ConditionExpression"],
            old or {},
            request["ExpressionAttributeNames"],
            request["ExpressionAttributeValues"],
        )
        if not condition.holds():
            raise client_error("ConditionalCheckFailedException", item=old)
        self.items[key] = dict(request["Item"])
        return {}

    def update_item(self, **request: Any) -> dict[str, Any]:
        names, values = request["ExpressionAttributeNames"], request["ExpressionAttributeValues"]
        changes = re.findall(r"(#\w+) = (:\w+)", request["UpdateExpression"])
        self.items[request["Key"]["id"]["S"]] |= {names[name]: values[value] for name, value in changes}
        return {}

    def delete_item(self, **request: Any) -> dict[str, Any]:
        self.items.pop(request["Key"]["id"]["S"], None)
        return {}
