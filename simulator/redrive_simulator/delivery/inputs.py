"""Makes what a target of a rule gets of an event: all of it, a part, a constant, or the text of a transformer.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from redrive_model.filters.inputs import VARIABLE, read_path, value_at
from redrive_model.resources.rule import RuleSpec, Target

_QUOTED_OR_VARIABLE = re.compile(rf'("(?:[^"\\]|\\.)*")|{VARIABLE.pattern}')
_CONTEXT = re.compile(r"<aws\.scheduler\.(schedule-arn|scheduled-time|attempt-number|execution-id)>")
#: Stands for a part that the event does not have: in a template an empty text, as recorded on AWS.
_MISSING = ""


class InputError(ValueError):
    """The text of an input transformer is no JSON, so that EventBridge does not deliver it."""


def input_of(target: Target, event: Mapping[str, Any], rule: RuleSpec) -> str:
    """Return the input of a target as text: JSON, or plain text from a transformer.

    Raises:
        InputError: A template of an object makes something else of this event.
    """
    if target.input is not None:
        return target.input
    if target.template is not None:
        return _transformed(target, target.template, event, rule)
    part = event if target.input_path is None else _part(event, target.input_path, None)
    return json.dumps(part)


def with_context(text: str, schedule: RuleSpec, time: str, attempt: int, new_id: Callable[[], str]) -> str:
    """Return the input of a schedule with its context attributes.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-schedule-context-attributes.html
    """

    def filled(found: re.Match[str]) -> str:
        match found[1]:
            case "schedule-arn":
                return schedule.arn
            case "scheduled-time":
                return time
            case "attempt-number":
                return str(attempt)
            case _:
                return new_id().replace("-", "")[:16]

    return _CONTEXT.sub(filled, text)


def _part(event: Mapping[str, Any], path: str, otherwise: Any) -> Any:
    try:
        return value_at(event, read_path(path))
    except KeyError:
        return otherwise


def _transformed(target: Target, template: str, event: Mapping[str, Any], rule: RuleSpec) -> str:
    values: dict[str, Any] = {name: _part(event, path, _MISSING) for name, path in target.paths.items()}
    known = {name: value for name, value in event.items() if name not in ("detail", "detail-type")}
    values |= {
        "aws.events.rule-arn": rule.arn,
        "aws.events.rule-name": rule.rule_name,
        "aws.events.event.ingestion-time": event["time"],
        "aws.events.event": {**known, "detailType": event.get("detail-type")},  # the name as recorded on AWS
        "aws.events.event.json": event,
    }
    is_json = template.lstrip()[:1] in ("{", "[")

    def filled(found: re.Match[str]) -> str:
        quoted, name = found.groups()
        if quoted is None:
            return json.dumps(values[name])
        return VARIABLE.sub(lambda inner: _within(values[inner[1]], is_json=is_json), quoted)

    text = _QUOTED_OR_VARIABLE.sub(filled, template)
    if is_json:
        _check(text)
    return text


def _within(value: Any, *, is_json: bool) -> str:
    """Return a value as it stands within quotes.

    As recorded on AWS (LocalStack's `test_events_inputs.snapshot.json`), objects and lists lose their own quotes in a
    text, and keep them in an object, which is then no JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return json.dumps(value)[1:-1]
    text = json.dumps(value, separators=(",", ":"))
    return text if is_json else text.replace('"', "")


def _check(text: str) -> None:
    try:
        json.loads(text)
    except ValueError as error:
        raise InputError(
            f"the text of its input transformer is no JSON ({error}), and EventBridge does not deliver it: write "
            f"variables that are objects or lists without quotes; the text is {text:.200}"
        ) from error
