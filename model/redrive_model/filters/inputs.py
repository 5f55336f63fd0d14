"""Reads the JSON paths and the templates that say what the target of a rule gets of an event.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any, cast

from redrive_model.filters.errors import PatternError, shown

#: A name of an object, a position in an array, or `*` for all members of either.
Step = str | int
#: A variable of a template, `<name>`.
VARIABLE = re.compile(r"<([\w.-]+)>")
#: Variables that every template has.
PREDEFINED = frozenset(
    {
        "aws.events.rule-arn",
        "aws.events.rule-name",
        "aws.events.event",
        "aws.events.event.json",
        "aws.events.event.ingestion-time",
    }
)
_STEP = re.compile(r"\.([\w/-]+|\*)|\[(\d+)\]|\[(\*)\]|\['([^']+)'\]")


def read_path(path: str) -> tuple[Step, ...]:
    """Read a JSON path, such as `$.detail.lines[0]`.

    Raises:
        PatternError: EventBridge does not support the path.
    """
    if not path.startswith("$"):
        raise PatternError(f'the path {shown(path)} begins without $; write "$.{path}"')
    steps: list[Step] = []
    at = 1
    while at < len(path):
        found = _STEP.match(path, at)
        if found is None:
            raise PatternError(
                f"the path {shown(path)} has {shown(path[at:])}, which EventBridge does not support: it takes names, "
                "positions and *; write $.detail.lines[0].id"
            )
        name, position, star, quoted = found.groups()
        steps.append(int(position) if position else name or star or quoted)
        at = found.end()
    return tuple(steps)


def value_at(value: Any, steps: tuple[Step, ...]) -> Any:
    """Return the part of an event at a path; behind a `*` the list of all parts.

    Raises:
        KeyError: There is none.
    """
    for number, step in enumerate(steps):
        if step == "*":
            return _all_at(value, steps[number + 1 :])
        if isinstance(step, int):
            members = cast("list[Any]", value) if isinstance(value, list) else []
            if step >= len(members):
                raise KeyError(step)
            value = members[step]
        elif isinstance(value, Mapping):
            value = cast("Mapping[str, Any]", value)[step]
        else:
            raise KeyError(step)
    return value


def _all_at(value: Any, steps: tuple[Step, ...]) -> list[Any]:
    members: Collection[Any] = ()
    if isinstance(value, Mapping):
        members = cast("Mapping[str, Any]", value).values()
    elif isinstance(value, list):
        members = cast("list[Any]", value)
    found: list[Any] = []
    for each in members:
        try:
            found.append(value_at(each, steps))
        except KeyError:
            continue
    return found


def check(paths: Mapping[str, str], template: str | None) -> None:
    """Check the JSON paths of a target by their names, and the template of its input transformer if it has one.

    Raises:
        PatternError: EventBridge refuses a path, or the template, as recorded: "contains invalid placeholder".
            https://github.com/localstack/localstack `tests/aws/services/events/test_events_inputs.snapshot.json`
    """
    for path in paths.values():
        read_path(path)
    text = template or ""
    for name in VARIABLE.findall(text):
        if name not in paths and name not in PREDEFINED:
            raise PatternError(
                f"the InputTemplate {shown(text)} has <{name}>, which is no variable: EventBridge refuses it; give "
                "InputPathsMap a path of that name"
            )
