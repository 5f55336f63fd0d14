"""Reads several items of a table: queries and scans, in pages.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html
"""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from redrive_simulator.services.expressions import Reader, is_met, paths_in
from redrive_simulator.services.paths import Item, comparable, projected
from redrive_simulator.services.refusals import invalid

if TYPE_CHECKING:
    from redrive_simulator.services.tables import Table

_PAGE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Search:
    """A query, or a scan if it has no key condition.

    Attributes:
        index: Secondary index.
        key_condition: `KeyConditionExpression`.
        filter: `FilterExpression`.
        projection: `ProjectionExpression`.
        names: `ExpressionAttributeNames`.
        values: `ExpressionAttributeValues`.
        forward: Whether sort keys ascend.
        limit: Maximum number of items that are looked at.
        after: `ExclusiveStartKey`.
        part: Number of this part of a parallel scan, and number of parts.
    """

    index: str | None = None
    key_condition: str | None = None
    filter: str | None = None
    projection: str | None = None
    names: Mapping[str, str] = field(default_factory=dict[str, str])
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    forward: bool = True
    limit: int | None = None
    after: Item | None = None
    part: tuple[int, int] = (0, 1)


@dataclass(slots=True)
class Page:
    """The result of a search.

    Attributes:
        items: Items.
        scanned: Number of items before the filter.
        last: `LastEvaluatedKey`; `None` at the end.
    """

    items: list[Item]
    scanned: int
    last: Item | None


def search(table: Table, wanted: Search) -> Page:
    """Return one page of the items that a search finds."""
    index = None if wanted.index is None else table.spec.indexes.get(wanted.index)
    if wanted.index is not None and index is None:
        raise invalid(f"The table does not have the specified index: {wanted.index}")
    keys = table.spec.keys if index is None else index.keys
    found = [item for item in table.stored if all(name in item for name in keys)]  # an index can be sparse
    if wanted.key_condition is not None:
        found = [item for item in found if _is_key_met(wanted.key_condition, item, wanted, keys)]
        if not found:
            _is_key_met(wanted.key_condition, {}, wanted, keys)
        found.sort(key=lambda item: [comparable(item[name])[1] for name in keys[1:]], reverse=not wanted.forward)
    elif wanted.part[1] > 1:
        number, parts = wanted.part
        found = [item for position, item in enumerate(found) if position % parts == number]
    # The keys of the table come after those of the index, as they tell items with the same index key apart.
    place = tuple(dict.fromkeys((*keys, *table.spec.keys)))
    found = _behind(found, place, wanted.after)
    page: list[Item] = []
    size = 0
    for item in found:
        size += len(json.dumps(item, default=str))
        if len(page) == wanted.limit or (page and size > _PAGE):
            break
        page.append(item)
    is_last = not page or (len(page) == len(found) and len(page) != wanted.limit)
    last = None if is_last else {name: page[-1][name] for name in place}
    items = [item for item in page if is_met(wanted.filter, item, wanted.names, wanted.values)]
    if index is not None and index.attributes is not None:
        kept = {*place, *index.attributes}
        items = [{name: value for name, value in item.items() if name in kept} for item in items]
    items = [copy.deepcopy(item) for item in items]
    return Page(shown(items, wanted.projection, wanted.names), len(page), copy.deepcopy(last))


def shown(items: list[Item], projection: str | None, names: Mapping[str, str]) -> list[Item]:
    """Return the parts of items that a `ProjectionExpression` asks for; `None`: all."""
    if projection is None:
        return items
    paths = paths_in(projection, names)
    return [projected(item, paths) for item in items]


def _is_key_met(condition: str, item: Item, wanted: Search, keys: tuple[str, ...]) -> bool:
    reader = Reader("KeyConditionExpression", condition, wanted.names, wanted.values, item)
    is_true = reader.condition()
    for path in reader.paths:
        if len(path) != 1 or path[0] not in keys:
            raise invalid("Query key condition not supported")
    if (keys[0],) not in reader.paths:
        raise invalid(f"Query condition missed key schema element: {keys[0]}")
    return is_true


def _behind(items: list[Item], place: tuple[str, ...], after: Item | None) -> list[Item]:
    """Return the items behind an exclusive start key."""
    if after is None:
        return items
    if set(after) != set(place):
        raise invalid("The provided starting key is invalid")
    for position, item in enumerate(items):
        if all(comparable(item[name]) == comparable(after[name]) for name in place):
            return items[position + 1 :]
    raise invalid("The simulator finds no item with the provided starting key")
