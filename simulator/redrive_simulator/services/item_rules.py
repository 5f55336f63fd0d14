"""Checks what DynamoDB checks of items, keys and paths by the schema of a table.

Messages are as recorded at AWS: https://github.com/mhart/dynalite/tree/main/test,
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests/tier3/error-messages.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from redrive_model.limits import LARGEST_ITEM, LONGEST_KEYS
from redrive_model.resources.table import TableSpec
from redrive_simulator.services.paths import Path
from redrive_simulator.services.refusals import Refused, invalid
from redrive_simulator.services.values import Item, checked_item, size_of, size_of_item

_INVALID = "One or more parameter values were invalid: "
_NOT_VALID = "One or more parameter values are not valid. "
_EMPTY = "The AttributeValue for a key attribute cannot contain an empty {} value."
_NEW_INDEX_KEY = "A value specified for a secondary index key is not supported."
_UPDATED_INDEX_KEY = "The update expression attempted to update a secondary index key to a value that is not supported."
_TOO_LONG = (
    f"Size of hashkey has exceeded the maximum size limit of{LONGEST_KEYS[0]} bytes",
    f"Aggregated size of all range keys has exceeded the size limit of {LONGEST_KEYS[1]} bytes",
)
_TOO_LARGE = "has exceeded the maximum allowed size"
_EMPTY_NAMES = {"S": "string", "B": "binary"}
_KEY_TYPES = ("S", "N", "B")


class KeyMismatchError(Refused):
    """A key is not of the table's schema, which cancels a transaction and refuses any other request.

    Attributes:
        is_of_index: Whether it is the key of an index.
    """

    def __init__(self, message: str, *, is_of_index: bool = False) -> None:
        super().__init__("ValidationException", message)
        self.is_of_index = is_of_index


def new_item(spec: TableSpec, given: Mapping[str, Any]) -> Item:
    """Return a checked copy of an item that is put into a table.

    Raises:
        Refused: The table cannot have the item.
    """
    item = checked_item(given)
    if size_of_item(item) > LARGEST_ITEM:
        raise invalid(f"Item size {_TOO_LARGE}")
    _check_own_keys(spec, item)
    _check_index_keys(spec, item)
    return item


def check_updated(spec: TableSpec, before: Mapping[str, Any], item: Item) -> None:
    """Check an item after an update.

    Args:
        spec: Its table.
        before: The item before the update; empty if there was none.
        item: The item.

    Raises:
        Refused: The table cannot have the item.
    """
    checked_item({name: value for name, value in item.items() if before.get(name) != value})  # how deep it is now
    if size_of_item(item) > LARGEST_ITEM:
        raise invalid(f"Item size to update {_TOO_LARGE}")
    _check_index_keys(spec, item, is_new=False)


def _check_own_keys(spec: TableSpec, item: Item) -> None:
    for position, name in enumerate(spec.keys):
        if name not in item:
            raise KeyMismatchError(f"{_INVALID}Missing the key {name} in the item")
        (found,) = item[name]
        expected = _types(spec, name)
        if found not in expected:
            types = " or ".join(expected)
            raise KeyMismatchError(f"{_INVALID}Type mismatch for key {name} expected: {types} actual: {found}")
        check_not_empty(name, item[name])
        _check_length(position, item[name])


def _types(spec: TableSpec, name: str) -> Sequence[str]:
    """Return the types that a key attribute can have: all, if the template does not say."""
    return (spec.types[name],) if name in spec.types else _KEY_TYPES


def _check_index_keys(spec: TableSpec, item: Item, *, is_new: bool = True) -> None:
    for index_name, index in spec.indexes.items():
        for position, name in enumerate(index.keys):
            if name not in item or name in spec.keys:
                continue
            (found,) = item[name]
            expected = _types(spec, name)
            if found not in expected:
                message = f"Type mismatch for Index Key {name} Expected: {' or '.join(expected)} Actual: {found}"
                raise KeyMismatchError(f"{_INVALID}{message} IndexName: {index_name}", is_of_index=True)
            if not item[name][found] and found in _EMPTY_NAMES:
                said = _NEW_INDEX_KEY if is_new else _UPDATED_INDEX_KEY
                where = f" IndexName: {index_name}, IndexKey: {name}" if is_new else ""
                raise invalid(f"{_NOT_VALID}{said} {_EMPTY.format(_EMPTY_NAMES[found])}{where}")
            _check_length(position, item[name])


def check_not_empty(name: str, value: Mapping[str, Any]) -> None:
    """Refuse an empty value of a key attribute."""
    ((kind, content),) = value.items()
    if kind in _EMPTY_NAMES and not content:
        raise invalid(f"{_NOT_VALID}{_EMPTY.format(_EMPTY_NAMES[kind])} Key: {name}")


def _check_length(position: int, value: dict[str, Any]) -> None:
    if "N" not in value and size_of(value) > LONGEST_KEYS[position]:
        raise invalid(f"{_INVALID}{_TOO_LONG[position]}")


def checked_key(spec: TableSpec, given: Mapping[str, Any], keys: Sequence[str] | None = None) -> Item:
    """Return a checked copy of a key.

    Args:
        spec: Its table.
        given: The key.
        keys: Attributes that it must have, if not those of the table.

    Raises:
        Refused: It is no key of the table.
    """
    key = checked_item(given)
    for name, value in key.items():
        check_not_empty(name, value)
    wanted = spec.keys if keys is None else keys
    if set(key) != set(wanted):
        raise KeyMismatchError("The provided key element does not match the schema")
    for name, value in key.items():
        if not value.keys() & _types(spec, name):
            raise KeyMismatchError("The provided key element does not match the schema")
        _check_length(0 if name == wanted[0] else 1, value)
    return key


def check_key_is_kept(spec: TableSpec, paths: Iterable[Path]) -> None:
    """Refuse an update that changes a key attribute."""
    changed = {path[0] for path in paths}
    for name in spec.keys:
        if name in changed:
            raise KeyMismatchError(f"{_INVALID}Cannot update attribute {name}. This attribute is part of the key")


def check_keys_are_whole(spec: TableSpec, paths: Iterable[Path]) -> None:
    """Refuse paths into key attributes, which have no parts."""
    entered = {path[0] for path in paths if len(path) > 1}
    of_indexes = [name for index in spec.indexes.values() for name in index.keys]
    for kind, names in (("Key", spec.keys), ("IndexKey", of_indexes)):
        for name in names:
            if name in entered:
                message = "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
                raise KeyMismatchError(f"{message}{kind}: {name}")
