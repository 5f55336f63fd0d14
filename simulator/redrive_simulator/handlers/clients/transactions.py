"""Stands in for DynamoDB's transactions."""

# ruff: noqa: N803

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_simulator.handlers.clients.base import Shared
from redrive_simulator.handlers.clients.batches import Batches, check_distinct
from redrive_simulator.services.expressions import Write, read_only_projection, read_write
from redrive_simulator.services.item_rules import KeyMismatchError, check_keys_are_whole
from redrive_simulator.services.paths import Path, projected
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.tables import Change, ConditionError
from redrive_simulator.services.values import Item, checked_item, size_of_item

if TYPE_CHECKING:
    from redrive_simulator.services.tables import Table

_SAME_ITEM = "Transaction request cannot include multiple operations on one item"
# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_TransactWriteItems.html
_TOKENS_LAST = 600.0
_LARGEST_TRANSACTION = 4 * 1024 * 1024
_NONE: Mapping[str, Any] = {"Code": "None"}


class _Action(NamedTuple):
    """An action of a transaction.

    Attributes:
        kind: `Put`, `Update`, `Delete` or `ConditionCheck`.
        given: Its parameters.
        write: Its expressions.
        table: Its table.
    """

    kind: str
    given: Mapping[str, Any]
    write: Write
    table: Table

    def place(self) -> object:
        """Return what tells its item from all others."""
        return self.table.spec.arn, self.table.place(self._item, is_key=self.kind != "Put")

    @property
    def _item(self) -> Item:
        return self.given["Item" if self.kind == "Put" else "Key"]

    @property
    def size(self) -> int:
        """Size of what it brings, in bytes."""
        values: Mapping[str, Any] = self.given.get("ExpressionAttributeValues") or {}
        brought: tuple[Mapping[str, Any], ...] = (self._item, values)
        return sum(size_of_item(checked_item(each)) for each in brought)

    def planned(self) -> Change:
        """Return what it would do."""
        match self.kind:
            case "Put":
                return self.table.planned_put(self._item, self.write)
            case "Update":
                return self.table.planned_update(self._item, self.write)
            case "Delete":
                return self.table.planned_delete(self._item, self.write)
            case _:
                return self.table.planned_check(self._item, self.write)


class Transactions(Batches):
    """Answers for several items, all or none."""

    def __init__(self, shared: Shared) -> None:
        super().__init__(shared)
        self._tokens: dict[str, tuple[float, str]] = {}

    def transact_get_items(self, *, TransactItems: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """`TransactGetItems`."""
        reads = [(each["Get"], self._projection_of(each["Get"])) for each in TransactItems]
        tables = [self._table(wanted["TableName"]) for wanted, _ in reads]
        places: list[object] = []
        reasons: list[Mapping[str, Any]] = []
        for table, (wanted, projection) in zip(tables, reads, strict=True):
            try:
                check_keys_are_whole(table.spec, projection or ())
                places.append((table.spec.arn, table.place(wanted["Key"])))
                reasons.append(_NONE)
            except KeyMismatchError as error:
                reasons.append({"Code": "ValidationError", "Message": error.message})
        _check_all_pass(reasons)
        check_distinct(places, _SAME_ITEM)
        items = [table.get(wanted["Key"]) for table, (wanted, _) in zip(tables, reads, strict=True)]
        replies: list[dict[str, Any]] = []
        for item, (_, projection) in zip(items, reads, strict=True):
            shown = item if item is None or projection is None else projected(item, projection)
            replies.append({} if shown is None else {"Item": shown})
        return {"Responses": replies}

    @staticmethod
    def _projection_of(wanted: Mapping[str, Any]) -> list[Path] | None:
        return read_only_projection(wanted.get("ProjectionExpression"), wanted.get("ExpressionAttributeNames"))

    def transact_write_items(
        self,
        *,
        TransactItems: Sequence[Mapping[str, Mapping[str, Any]]],
        ClientRequestToken: str | None = None,
    ) -> dict[str, Any]:
        """`TransactWriteItems`: all or nothing."""
        if self._was_done(ClientRequestToken, TransactItems):
            return {}
        actions = self._actions(TransactItems)
        check_distinct(_places(actions), _SAME_ITEM)
        if sum(action.size for action in actions) > _LARGEST_TRANSACTION:
            raise invalid("Transaction payload size cannot exceed 4 MB")
        planned: list[tuple[Table, Change]] = []
        reasons: list[Mapping[str, Any]] = []
        for action in actions:
            try:
                planned.append((action.table, action.planned()))
                reasons.append(_NONE)
            except ConditionError as error:
                reasons.append(_failed(error, action.given))
            except Refused as refused:
                reasons.append({"Code": "ValidationError", "Message": refused.message})
        _check_all_pass(reasons)
        for table, change in planned:
            table.make(change)
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

    def _actions(self, items: Sequence[Mapping[str, Mapping[str, Any]]]) -> list[_Action]:
        """Read all actions, and refuse what is wrong with the request itself."""
        for each in items:
            if len(each) != 1:
                raise invalid("TransactItems can only contain one of Check, Put, Update or Delete")
        given = [next(iter(each.items())) for each in items]
        writes = [
            read_write(
                each.get("ConditionExpression"),
                each.get("ExpressionAttributeNames"),
                each.get("ExpressionAttributeValues"),
                each.get("UpdateExpression"),
            )
            for _, each in given
        ]
        return [
            _Action(kind, each, write, self._table(each["TableName"]))
            for (kind, each), write in zip(given, writes, strict=True)
        ]


def _places(actions: Sequence[_Action]) -> list[object]:
    """Return what tells the items of actions apart; the first item that is not of its table's schema cancels."""
    places: list[object] = []
    for position, action in enumerate(actions):
        try:
            places.append(action.place())
        except KeyMismatchError as error:
            reasons = [_NONE] * len(actions)
            reasons[position] = {"Code": "ValidationError", "Message": error.message}
            _check_all_pass(reasons)
    return places


def _check_all_pass(reasons: Sequence[Mapping[str, Any]]) -> None:
    """Cancel a transaction if one of its actions has a reason to."""
    codes = [reason["Code"] for reason in reasons]
    if set(codes) != {"None"}:
        message = f"Transaction cancelled, please refer cancellation reasons for specific reasons [{', '.join(codes)}]"
        given = [dict(reason) for reason in reasons]
        raise Refused("TransactionCanceledException", message, Message=message, CancellationReasons=given)


def _failed(error: ConditionError, given: Mapping[str, Any]) -> Mapping[str, Any]:
    reason: dict[str, Any] = {"Code": "ConditionalCheckFailed", "Message": str(error)}
    if given.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" and error.item:
        reason["Item"] = error.item
    return reason


def _text(items: Sequence[Any]) -> str:
    return json.dumps(items, sort_keys=True, default=repr)
