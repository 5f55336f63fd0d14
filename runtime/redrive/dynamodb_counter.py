"""`DynamoDBCounter`: attempts counted in a DynamoDB table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from redrive.attempt_counter import COUNTING, DEFAULT_EXPIRY, checked_expiry
from redrive.clients import client
from redrive.clock import now
from redrive.parallel import within
from redrive.tokens import new_token

_MOST_TRIES = 10
_ALIVE = "attribute_not_exists(#expiration) OR #expiration > :now"


class DynamoDBCounter:
    """Counts attempts in a DynamoDB table, for all execution environments together.

    The table's partition key is `id`, a string; its TTL attribute should be `expiration`. The table of an
    `IdempotencyTable` will do. The item of an event is `attempts#<request id>`.

    **Permissions:** `dynamodb:UpdateItem`. **Consistency:** exact; an update is atomic and sees all that came before,
    and one that is sent again after a lost reply is recognized. **Cost:** one write of less than 1 KB an attempt, and
    one more where an expired item is still there. TTL removes items within a few days and for free, so `forget` does
    nothing; an item that has expired and is still there counts for nothing:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html.

    Args:
        table: The table's name or ARN.
        expiry: Seconds that attempts are remembered for, after the latest of them. Default: 22,800, which fits any
            event.

    Raises:
        ValueError: `table` is empty, or `expiry` is not above 0.
    """

    def __init__(self, table: str, expiry: float = DEFAULT_EXPIRY) -> None:
        if not table:
            raise ValueError(f"table={table!r}: give the name of the DynamoDB table in which attempts are counted")
        self._table = table
        self._expiry = checked_expiry(expiry)

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Note an attempt.

        Args:
            request_id: The event's.
            seconds: How long it may take. `None`: any time.

        Returns:
            How many attempts came before this one.

        Raises:
            TimeoutError: The time is up, or the item changed too often.
            botocore.exceptions.BotoCoreError: The call failed on its way.
            botocore.exceptions.ClientError: DynamoDB refused the call.
        """
        token = new_token()
        return within(seconds, lambda: self._increment(request_id, token, seconds), COUNTING)

    def forget(self, request_id: str) -> None:
        """Do nothing: TTL removes the item, at no cost.

        Args:
            request_id: The event's.
        """

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        from botocore.exceptions import ClientError

        dynamodb = client("dynamodb", seconds)
        anew = False
        for _ in range(_MOST_TRIES):
            moment = round(now(), 3)  # as DynamoDB is told it
            try:
                reply = dynamodb.update_item(**self._request(request_id, token, moment, anew=anew))
                return _tokens(reply["Attributes"]).index(token)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") != "ConditionalCheckFailedException":
                    raise
                item: Mapping[str, Any] = error.response.get("Item") or {}  # type: ignore[assignment]
            anew = "expiration" in item and float(item["expiration"]["N"]) <= moment
            if not anew and token in _tokens(item):  # noted before, and the reply was lost
                return _tokens(item).index(token)
        raise TimeoutError(f"the item of {request_id!r} in {self._table} changed {_MOST_TRIES} times in between")

    def _request(self, request_id: str, token: str, moment: float, *, anew: bool) -> dict[str, Any]:
        """Add an attempt to those that are known, or begin anew where they have expired."""
        values: dict[str, Any] = {
            ":now": {"N": f"{moment:.3f}"},
            ":expiration": {"N": str(math.ceil(moment + self._expiry))},  # TTL wants whole seconds
            ":tokens": {"L": [{"S": token}]},
        }
        tokens = ":tokens"
        condition = "#expiration <= :now"
        if not anew:
            values |= {":token": {"S": token}, ":none": {"L": []}}
            tokens = "list_append(if_not_exists(#tokens, :none), :tokens)"
            condition = f"({_ALIVE}) AND NOT contains(#tokens, :token)"
        return {
            "TableName": self._table,
            "Key": {"id": {"S": f"attempts#{request_id}"}},
            "UpdateExpression": f"SET #tokens = {tokens}, #expiration = :expiration",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#tokens": "tokens", "#expiration": "expiration"},
            "ExpressionAttributeValues": values,
            "ReturnValues": "UPDATED_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _tokens(item: Mapping[str, Any]) -> list[str]:
    # A list, since a set does not keep the order: an attempt whose reply was lost would count those after it, too.
    return [each["S"] for each in item.get("tokens", {}).get("L", ())]
