"""`DynamoDBCounter`: counts attempts in a DynamoDB table."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from redrive.asynchronous.counters.base import DEFAULT_EXPIRY
from redrive.asynchronous.counters.remote import RemoteCounter
from redrive.aws.clients import client
from redrive.aws.errors import item_in_the_way
from redrive.core.system import now
from redrive.settings.asynchronous import ATTEMPT_KEYS
from redrive.settings.base import check_name

_MOST_TRIES = 10
_ALIVE = "attribute_not_exists(#expiration) OR #expiration > :now"


class DynamoDBCounter(RemoteCounter):
    """Counts attempts in a DynamoDB table, for all execution environments together.

    The table's partition key is `id`, a string; its TTL attribute should be `expiration`. The table of an
    `IdempotencyTable` has this form. The item of an event is `attempts#<request id>`.

    **Permissions:** `dynamodb:UpdateItem`. **Consistency:** exact. An update is atomic and sees all earlier updates,
    and an update that is sent again after a lost reply is recognized. **Cost:** one write of less than 1 KB for each
    attempt, and one more if an expired item still exists. TTL removes items within a few days at no cost, so `forget`
    does nothing. An expired item that still exists is not counted:
    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html.

    Args:
        table: The table's name or ARN.
        expiry: Seconds that attempts are kept after the latest one. Default: 22,800, enough for any event.

    Raises:
        ValueError: `table` is empty, or `expiry` is not above 0.
    """

    def __init__(self, table: str, expiry: float = DEFAULT_EXPIRY) -> None:
        check_name("TableName", "table", table)
        super().__init__(expiry)
        self._table = table

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        dynamodb = client("dynamodb", seconds)
        anew = False
        for _ in range(_MOST_TRIES):
            moment = round(now(), 3)  # the precision that is sent to DynamoDB
            try:
                reply = dynamodb.update_item(**self._request(request_id, token, moment, anew=anew))
                return _tokens(reply["Attributes"]).index(token)
            except Exception as error:
                item = item_in_the_way(error)
                if item is None:
                    raise
            anew = "expiration" in item and float(item["expiration"]["N"]) <= moment
            if not anew and token in _tokens(item):  # an earlier call counted it, and its reply was lost
                return _tokens(item).index(token)
        raise TimeoutError(f"the item of {request_id!r} in {self._table} changed {_MOST_TRIES} times in between")

    def _request(self, request_id: str, token: str, moment: float, *, anew: bool) -> dict[str, Any]:
        """Build the update that adds an attempt, or with `anew` replaces the attempts of an expired item."""
        values: dict[str, Any] = {
            ":now": {"N": f"{moment:.3f}"},
            ":expiration": {"N": str(math.ceil(moment + self._expiry))},  # TTL needs whole seconds
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
            "Key": {"id": {"S": f"{ATTEMPT_KEYS}{request_id}"}},
            "UpdateExpression": f"SET #tokens = {tokens}, #expiration = :expiration",
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {"#tokens": "tokens", "#expiration": "expiration"},
            "ExpressionAttributeValues": values,
            "ReturnValues": "UPDATED_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }


def _tokens(item: Mapping[str, Any]) -> list[str]:
    # A list, because a set has no order: after a lost reply, the attempt must not count later attempts.
    return [each["S"] for each in item.get("tokens", {}).get("L", ())]
