"""Reads several items of a table or an index: queries and scans, in pages.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Query.html
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from redrive_simulator.services.condition_evaluation import holds
from redrive_simulator.services.conditions import paths_in
from redrive_simulator.services.expression_text import Node
from redrive_simulator.services.item_rules import check_keys_are_whole, checked_key
from redrive_simulator.services.key_conditions import KeyCondition
from redrive_simulator.services.paths import Path, projected
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.values import Item, Value, comparable, copied_item, size_of_item

if TYPE_CHECKING:
    from redrive_model.resources.table import IndexSpec, TableSpec
    from redrive_simulator.services.tables import Table

_PAGE = 1024 * 1024
_HASHES = 2**32
_START = "The provided starting key is invalid"


@dataclass(frozen=True, slots=True)
class Search:
    """A query, or a scan if it has no key condition.

    Attributes:
        index: Secondary index.
        key_condition: `KeyConditionExpression`.
        filter: `FilterExpression`.
        projection: Paths of the `ProjectionExpression`; `None`: there is none.
        select: `Select`.
        consistent: Whether the read is strongly consistent.
        forward: Whether sort keys ascend.
        limit: Maximum number of items that are looked at.
        after: `ExclusiveStartKey`.
        segment: Number of this part of a parallel scan, and number of parts.
    """

    index: str | None = None
    key_condition: KeyCondition | None = None
    filter: Node | None = None
    projection: Sequence[Path] | None = None
    select: str | None = None
    consistent: bool = False
    forward: bool = True
    limit: int | None = None
    after: Mapping[str, Any] | None = None
    segment: tuple[int, int] = (0, 1)


@dataclass(slots=True)
class Page:
    """The result of a search.

    Attributes:
        items: Items.
        scanned: Items before the filter, which must not be changed.
        last: `LastEvaluatedKey`; `None` at the end.
    """

    items: list[Item]
    scanned: list[Item]
    last: Item | None


def search(table: Table, wanted: Search) -> Page:
    """Return one page of the items that a search finds.

    Raises:
        Refused: The table cannot be searched like that.
    """
    spec = table.spec
    index = _index(spec, wanted)
    order = _Order(spec, index)
    if wanted.key_condition is not None:
        wanted.key_condition.check(order.keys, spec.types)
    after = None if wanted.after is None else order.start(wanted)
    _check_paths(spec, index, order.keys, wanted)
    placed = [(order.place(item), item) for item in table.stored if order.has(item, wanted)]
    placed.sort(key=lambda each: each[0], reverse=not wanted.forward)
    if after is not None:
        start = order.place(after)
        placed = [each for each in placed if (each[0] > start if wanted.forward else each[0] < start)]
    found = [item for _, item in placed]
    page = _first(found, wanted.limit)
    is_last = not page or (len(page) == len(found) and len(page) != wanted.limit)
    last = None if is_last else copied_item({name: page[-1][name] for name in order.names})
    items = [item for item in page if holds(wanted.filter, item)]
    return Page([_shown(item, index, order.names, wanted) for item in items], page, last)


def _first(items: list[Item], limit: int | None) -> list[Item]:
    """Return the items of the first page."""
    page: list[Item] = []
    size = 0
    for item in items:
        size += size_of_item(item)
        if len(page) == limit or (page and size > _PAGE):
            break
        page.append(item)
    return page


class _Order:
    """The order of the items of a table or an index, which all have a place in it, whether they exist or not.

    Partitions are in the order of a hash, as DynamoDB's are; within one, the sort key orders. The keys of the table
    come after those of an index, as they tell items with the same index key apart.
    """

    def __init__(self, spec: TableSpec, index: IndexSpec | None) -> None:
        self._spec = spec
        self.keys = spec.keys if index is None else index.keys
        self.names = tuple(dict.fromkeys((*self.keys, *spec.keys)))
        self._is_whole = index is None

    def place(self, item: Item) -> tuple[Any, ...]:
        """Return the place of an item or a start key."""
        hashed = (_hash(item[self.keys[0]]), repr(item[self.keys[0]]))
        return (*hashed, *(comparable(item[name]) for name in self.names[1:]))

    def has(self, item: Item, wanted: Search) -> bool:
        """Tell whether an item is in the part that is searched; an index can be sparse."""
        if not self._is_whole and not all(name in item for name in self.keys):
            return False
        condition = wanted.key_condition
        if condition is not None:
            return all(condition.is_met(item, name) for name in self.keys)
        return self._is_in_segment(item, wanted.segment)

    def _is_in_segment(self, item: Item, segment: tuple[int, int]) -> bool:
        number, parts = segment
        return parts == 1 or _hash(item[self.keys[0]]) * parts // _HASHES == number

    def start(self, wanted: Search) -> Item:
        """Return the start key, checked."""
        given = wanted.after or {}
        try:
            key = checked_key(self._spec, given, self.names)
        except Refused as refused:
            if not refused.message.startswith("The provided key element"):
                raise
            raise invalid(f"{_START}: {refused.message}" if wanted.key_condition is None else _START) from refused
        if wanted.key_condition is not None:
            self._check_boundaries(wanted.key_condition, key)
        elif not self._is_in_segment(key, wanted.segment):
            number, parts = wanted.segment
            raise invalid(
                f"{_START}: Invalid ExclusiveStartKey. Please use ExclusiveStartKey with correct Segment. "
                f"TotalSegments: {parts} Segment: {number}"
            )
        return key

    def _check_boundaries(self, condition: KeyCondition, key: Item) -> None:
        has_sort_key = len(condition.by_name) > 1
        if has_sort_key and not condition.is_met(key, self.keys[1]):
            raise invalid("The provided starting key does not match the range key predicate")
        if not condition.is_met(key, self.keys[0]):
            raise invalid(
                "The query can return at most one row and cannot be restarted"
                if has_sort_key
                else "The provided starting key is outside query boundaries based on provided conditions"
            )


def _hash(value: Value) -> int:
    ((_, content),) = value.items()
    return zlib.crc32(content if isinstance(content, bytes) else str(content).encode())


def _index(spec: TableSpec, wanted: Search) -> IndexSpec | None:
    if wanted.index is None:
        if wanted.select == "ALL_PROJECTED_ATTRIBUTES":
            raise invalid("ALL_PROJECTED_ATTRIBUTES can be used only when Querying using an IndexName")
        return None
    index = spec.indexes.get(wanted.index)
    if index is None:
        raise invalid(f"The table does not have the specified index: {wanted.index}")
    if index.is_global and wanted.consistent:
        raise invalid("Consistent reads are not supported on global secondary indexes")
    if index.is_global and index.attributes is not None and wanted.select == "ALL_ATTRIBUTES":
        raise invalid(
            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES is not supported for global "
            f"secondary index {wanted.index} because its projection type is not ALL"
        )
    return index


def _check_paths(spec: TableSpec, index: IndexSpec | None, keys: tuple[str, ...], wanted: Search) -> None:
    """Refuse paths into keys, filters of a query on its keys, and attributes that a global index does not have."""
    projection = wanted.projection or ()
    filtered = [] if wanted.filter is None else paths_in(wanted.filter)
    check_keys_are_whole(spec, projection)
    if wanted.key_condition is not None:
        for name in keys:
            if any(path[0] == name for path in filtered):
                message = "Filter Expression can only contain non-primary key attributes: Primary key attribute: "
                raise invalid(message + name)
    check_keys_are_whole(spec, filtered)
    if index is None or not index.is_global or index.attributes is None:
        return
    kept = {*keys, *spec.keys, *index.attributes}
    lacking = [str(path[0]) for path in projection if path[0] not in kept]
    if lacking:
        raise invalid(
            f"One or more parameter values were invalid: Global secondary index {wanted.index} does not project "
            f"[{', '.join(lacking)}]"
        )


def _shown(item: Item, index: IndexSpec | None, names: tuple[str, ...], wanted: Search) -> Item:
    """Return what a search shows of an item; a local index fetches what it does not have from its table."""
    if wanted.projection is not None:
        return copied_item(projected(item, wanted.projection))
    if index is None or index.attributes is None or wanted.select == "ALL_ATTRIBUTES":
        return copied_item(item)
    kept = {*names, *index.attributes}
    return copied_item({name: value for name, value in item.items() if name in kept})
