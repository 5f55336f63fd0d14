"""Makes what a target of a rule gets of an event: all of it, a part, a constant, or the text of a transformer.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, cast

from redrive_model.resources.rule import RuleSpec, Target

_STEP = re.compile(r"\.([\w-]+)|\[(\d+)\]|\['([^']+)'\]")
_VARIABLE = re.compile(r'("(?:[^"\\]|\\.)*")|<([\w.-]+)>')
_INNER = re.compile(r"<([\w.-]+)>")


def input_of(target: Target, event: Mapping[str, Any], rule: RuleSpec) -> str:
    """Return the input of a target as text: JSON, or plain text from a transformer."""
    if target.input is not None:
        return target.input
    if target.template is not None:
        return _transformed(target, target.template, event, rule)
    part = event if target.input_path is None else value_at(event, target.input_path)
    return json.dumps(part)


def _transformed(target: Target, template: str, event: Mapping[str, Any], rule: RuleSpec) -> str:
    values: dict[str, Any] = {name: value_at(event, path) for name, path in target.paths.items()}
    values |= {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {name: value for name, value in event.items() if name != "detail"},
        "aws.events.event.json": event,
    }

    def filled(found: re.Match[str]) -> str:
        quoted, name = found.groups()
        if quoted is None:
            return json.dumps(values[name]) if name in values else found[0]
        # Within quotes a text stands without quotes of its own, and anything else as JSON.
        return _INNER.sub(lambda inner: _within(values, inner), quoted)

    return _VARIABLE.sub(filled, template)


def _within(values: Mapping[str, Any], found: re.Match[str]) -> str:
    if found[1] not in values:
        return found[0]
    value = values[found[1]]
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value)
    return json.dumps(text)[1:-1]


def value_at(event: Any, path: str) -> Any:
    """Return the part of an event at a JSON path such as `$.detail.lines[0]`; `None` if there is none."""
    value = event
    for name, number, quoted in _STEP.findall(path.removeprefix("$")):
        if number and isinstance(value, list):
            members = cast("list[Any]", value)
            value = members[int(number)] if int(number) < len(members) else None
        elif isinstance(value, Mapping):
            value = cast("Mapping[str, Any]", value).get(name or quoted)
        else:
            return None
    return value
