"""Stands in for DynamoDB's operations on several items: batches and transactions."""

# ruff: noqa: N803

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_simulator.handlers.clients.base import Client, Shared, found
from redrive_simulator.services.expressions import check_placeholders
from redrive_simulator.services.paths import Item, comparable
from redrive_simulator.services.queries import shown
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.tables import ConditionError, Expressions

if TYPE_CHECKING:
    from redrive_simulator.services.tables import Table

_SAME_ITEM = "Transaction request cannot include multiple operations on one item"
_MOST_ACTIONS = 100
_MOST_WRITES = 25
_MOST_READS = 100
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_TOKENS_LAST = 600.0
_READ = frozenset({"Keys", "ConsistentRead", "ProjectionExpression", "ExpressionAttributeNames"})


class Transactions(Client):
    """Answers for several items at once."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._tokens: dict[str, tuple[float, str]] = {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
        """`BatchGetItem`; nothing is left unprocessed."""
        if sum(len(each["Keys"]) for each in RequestItems.values()) > _MOST_READS:
            raise invalid(f"Too many items requested for the BatchGetItem call: up to {_MOST_READS}")
        replies: dict[str, list[Item]] = {}
        for name, wanted in RequestItems.items():
            self._check_members("dynamodb.BatchGetItem", wanted, _READ)
            names: Mapping[str, str] = wanted.get("ExpressionAttributeNames") or {}
            projection = wanted.get("ProjectionExpression")
            check_placeholders([projection], names, {})
            table = self._table(name)
            items = [table.get(self._key(name, key)) for key in wanted["Keys"]]
            replies[name] = shown([item for item in items if item is not None], projection, names)
        return {"Responses": replies, "UnprocessedKeys": {}}

    def batch_write_item(self, *, RequestItems: Mapping[str, Sequence[Mapping[str, Any]]]) -> dict[str, Any]:
        """`BatchWriteItem`; nothing is left unprocessed."""
        writes = [(name, write) for name, each in RequestItems.items() for write in each]
        if len(writes) > _MOST_WRITES:
            raise invalid(f"Too many items requested for the BatchWriteItem call: up to {_MOST_WRITES}")
        places: list[object] = []
        for name, write in writes:
            item = write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"]
            self._add_place(places, name, item, "Provided list of item keys contains duplicates")
            if "PutRequest" in write:
                self._table(name).fits(item)
        for name, write in writes:
            table = self._table(name)
            if "PutRequest" in write:
                table.put(write["PutRequest"]["Item"])
            else:
                table.delete(self._key(name, write["DeleteRequest"]["Key"]))
        return {"UnprocessedItems": {}}

    def transact_get_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`TransactGetItems`."""
        replies: list[dict[str, Any]] = []
        for each in TransactItems:
            wanted = each["Get"]
            names: Mapping[str, str] = wanted.get("ExpressionAttributeNames") or {}
            projection = wanted.get("ProjectionExpression")
            check_placeholders([projection], names, {})
            item = self._table(wanted["TableName"]).get(self._key(wanted["TableName"], wanted["Key"]))
            replies.append({} if item is None else {"Item": shown([item], projection, names)[0]})
        return {"Responses": replies}

    def transact_write_items(
        self,
        *,
        TransactItems: Sequence[Mapping[str, Mapping[str, Any]]],
        ClientRequestToken: str | None = None,
    ) -> dict[str, Any]:
        """`TransactWriteItems`: all or nothing."""
        if self._was_done(ClientRequestToken, TransactItems):
            return {}
        if len(TransactItems) > _MOST_ACTIONS:
            raise invalid(f"Member must have length less than or equal to {_MOST_ACTIONS}")
        places: list[object] = []
        actions = [next(iter(each.items())) for each in TransactItems]
        for kind, given in actions:
            item = given["Item" if kind == "Put" else "Key"]
            self._add_place(places, given["TableName"], item, _SAME_ITEM)
        reasons: list[dict[str, Any]] = []
        for _, given in actions:
            expressions = _expressions(given)
            check_placeholders([expressions.condition, expressions.update], expressions.names, expressions.values)
            reasons.append(self._reason(given, expressions))
        if any(reason["Code"] != "None" for reason in reasons):
            codes = ", ".join(reason["Code"] for reason in reasons)
            message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
            raise Refused("TransactionCanceledException", message, Message=message, CancellationReasons=reasons)
        for kind, given in actions:  # nothing is written if one of them is refused
            if kind == "Put":
                self._table(given["TableName"]).fits(given["Item"])
            elif kind == "Update":
                key = self._key(given["TableName"], given["Key"])
                self._table(given["TableName"]).changed(key, _expressions(given))
        for kind, given in actions:
            self._write(kind, given)
        if ClientRequestToken is not None:
            self._tokens[ClientRequestToken] = (self._world.now, _text(TransactItems))
        return {}

    def _was_done(self, token: str | None, items: Sequence[Any]) -> bool:
        done = self._tokens.get(token or "")
        if done is None or self._world.now - done[0] > _TOKENS_LAST:
            return False
        if done[1] != _text(items):
            message = "The request uses the same client token as a previous, but non-identical request."
            raise Refused("IdempotentParameterMismatchException", message)
        return True

    def _reason(self, given: Mapping[str, Any], expressions: Expressions) -> dict[str, Any]:
        """Return the reason for which an action cancels the transaction, or the code `None`."""
        table = self._table(given["TableName"])
        try:
            table.check(given.get("Item") or given["Key"], expressions)
        except ConditionError as error:
            reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": str(error)}
            if given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and error.item:
                reason["Item"] = error.item
            return reason
        return {"Code": "None"}

    def _write(self, kind: str, given: Mapping[str, Any]) -> None:
        table, expressions = self._table(given["TableName"]), _expressions(given)
        match kind:
            case "Put":
                table.put(given["Item"], expressions)
            case "Update":
                table.update(given["Key"], expressions)
            case "Delete":
                table.delete(given["Key"], expressions)
            case _:  # a condition check, which writes nothing
                pass

    def _add_place(self, places: list[object], name: str, item: Item, refusal: str) -> None:
        """Add the item that an action is about, and check that no other action is about it."""
        place = (name, [comparable(item[key]) for key in self._table(name).spec.keys if key in item])
        if place in places:
            raise invalid(refusal)
        places.append(place)

    def _table(self, name: str) -> Table:
        message = f"Requested resource not found: Table: {name} not found"
        return found(self._resources.tables.get(name), "ResourceNotFoundException", message)

    def _key(self, name: str, key: Item) -> Item:
        if set(key) != set(self._table(name).spec.keys):
            raise invalid("The provided key element does not match the schema")
        return key

    def _check_members(self, what: str, given: Mapping[str, Any], supported: frozenset[str]) -> None:
        unknown = sorted(set(given) - supported)
        if unknown:
            raise self._shared.missing(f"{what}({', '.join(unknown)})", f"leave {', '.join(unknown)} out")


def _expressions(given: Mapping[str, Any]) -> Expressions:
    return Expressions(
        given.get("ConditionExpression"),
        given.get("ExpressionAttributeNames") or {},
        given.get("ExpressionAttributeValues") or {},
        given.get("UpdateExpression"),
    )


def _text(items: Sequence[Any]) -> str:
    return json.dumps(items, sort_keys=True, default=repr)
