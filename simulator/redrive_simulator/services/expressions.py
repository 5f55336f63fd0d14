"""Reads the expressions of requests to DynamoDB.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from redrive_simulator.services.conditions import read_condition
from redrive_simulator.services.expression_text import Node, Text, error_in
from redrive_simulator.services.paths import Path, check_apart
from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.updates import Update, read_update

_PROJECTION = "ProjectionExpression"


class Write(NamedTuple):
    """The expressions of a write.

    Attributes:
        condition: Condition on the item as it is before the write.
        update: Changes.
    """

    condition: Node | None = None
    update: Update = Update()


UNCONDITIONAL = Write()


def read_write(
    condition: str | None,
    names: Mapping[str, str] | None,
    values: Mapping[str, Any] | None,
    update: str | None = None,
) -> Write:
    """Read and check the expressions of a write.

    Args:
        condition: `ConditionExpression`.
        names: `ExpressionAttributeNames`.
        values: `ExpressionAttributeValues`.
        update: `UpdateExpression`.

    Raises:
        Refused: DynamoDB would refuse them.
    """
    if condition is update is names is values is None:
        return UNCONDITIONAL
    is_given = condition is not None or update is not None
    placeholders = Placeholders(names, values, has_expressions=is_given, has_valued=is_given)
    read = Write(
        update=Update() if update is None else read_update(update, placeholders),
        condition=None if condition is None else read_condition("ConditionExpression", condition, placeholders),
    )
    placeholders.check_all_used()
    return read


def read_projection(text: str | None, placeholders: Placeholders) -> list[Path] | None:
    """Return the paths of a `ProjectionExpression`; `None`: all of the item.

    Raises:
        Refused: DynamoDB would refuse it.
    """
    if text is None:
        return None
    paths = [placeholders.path(_PROJECTION, node) for node in _read(text)]
    overlap = check_apart(paths)
    if overlap is not None:
        raise error_in(_PROJECTION, overlap)
    return paths


@lru_cache(maxsize=512)
def _read(text: str) -> tuple[Node, ...]:
    reader = Text(_PROJECTION, text, {}, frozenset())
    found = reader.several(reader.path)
    reader.end()
    return found


def read_only_projection(text: str | None, names: Mapping[str, str] | None) -> list[Path] | None:
    """Read and check the `ProjectionExpression` of a request that has no other expression.

    Raises:
        Refused: DynamoDB would refuse it.
    """
    placeholders = Placeholders(names, None, has_expressions=text is not None)
    paths = read_projection(text, placeholders)
    placeholders.check_all_used()
    return paths
