"""Applies the event filters of an event source mapping.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

from redrive_model.template.errors import TemplateError

#: Decides if a record passes the filters.
Passes = Callable[[Mapping[str, Any]], bool]
_MISSING = object()
_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "=": lambda one, other: one == other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
}


def compiled(patterns: Sequence[str], data_field: str | None) -> Passes | None:
    """Compile a mapping's filter patterns; a record passes if it matches one of them.

    Args:
        patterns: Patterns as JSON text.
        data_field: Member with the record's data: `body` for SQS, `data` for Kinesis, `None` for DynamoDB.

    Returns:
        A function that decides if a record passes; `None` without patterns.

    Raises:
        TemplateError: A pattern is not JSON, or has an unknown rule.
    """
    if not patterns:
        return None
    read: list[Mapping[str, Any]] = []
    for text in patterns:
        try:
            pattern: object = json.loads(text)
        except ValueError as error:
            raise TemplateError(f"the filter pattern {text!r:.200} is no JSON: {error}") from error
        if not isinstance(pattern, dict):
            raise TemplateError(f"the filter pattern {text!r:.200} is no object")
        _check(cast("Mapping[str, Any]", pattern))
        read.append(cast("Mapping[str, Any]", pattern))

    def passes(record: Mapping[str, Any]) -> bool:
        return any(_object(pattern, _view(record, pattern, data_field)) for pattern in read)

    return passes


def _view(record: Mapping[str, Any], pattern: Mapping[str, Any], data_field: str | None) -> Mapping[str, Any]:
    """Return a record as patterns see it, with its data decoded if the pattern expects an object there."""
    if data_field is None:
        return record
    if data_field == "data":  # Kinesis: patterns find the data one level up, beside the metadata
        view: dict[str, Any] = {**record["kinesis"], "kinesis": record["kinesis"]}
        data: Any = b64decode(view["data"]).decode(errors="replace")
    else:
        view = dict(record)
        data = view[data_field]
    # A pattern that is an object expects JSON data, any other pattern expects plain text: data of the other form do not
    # match.
    wanted = pattern.get(data_field)
    if isinstance(wanted, dict):
        try:
            view[data_field] = json.loads(data)
        except ValueError:
            view[data_field] = _MISSING
    else:
        view[data_field] = _MISSING if wanted is not None and _is_json_object(data) else data
    return view


def _is_json_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), (dict, list))
    except ValueError:
        return False


def _object(pattern: Mapping[str, Any], value: Any) -> bool:
    if not isinstance(value, Mapping):
        return False
    members = cast("Mapping[str, Any]", value)
    for name, wanted in pattern.items():
        if name == "$or":
            if not any(_object(each, members) for each in wanted):
                return False
        elif isinstance(wanted, dict):
            if not _object(cast("Mapping[str, Any]", wanted), members.get(name, _MISSING)):
                return False
        elif not _any_rule(wanted, members.get(name, _MISSING)):
            return False
    return True


def _any_rule(rules: Sequence[Any], value: Any) -> bool:
    values: Sequence[Any] = cast("list[Any]", value) if isinstance(value, list) else (value,)
    return any(_rule(rule, each) for rule in rules for each in values)


def _rule(rule: Any, value: Any) -> bool:
    if not isinstance(rule, dict):
        return value is not _MISSING and type(value) is type(rule) and value == rule
    ((name, argument),) = cast("dict[str, Any]", rule).items()
    match name:
        case "exists":
            return (value is not _MISSING) == argument
        case "prefix" | "suffix" | "equals-ignore-case":
            return isinstance(value, str) and _text_rule(name, argument, value)
        case "anything-but":
            return value is not _MISSING and not _excluded(argument, value)
        case _:  # numeric
            return isinstance(value, (int, float)) and not isinstance(value, bool) and _numeric(argument, value)


def _text_rule(name: str, argument: Any, value: str) -> bool:
    if isinstance(argument, dict):  # {"prefix": {"equals-ignore-case": "…"}}
        argument, value = str(cast("dict[str, Any]", argument)["equals-ignore-case"]).lower(), value.lower()
    match name:
        case "prefix":
            return value.startswith(argument)
        case "suffix":
            return value.endswith(argument)
        case _:
            return value.lower() == str(argument).lower()


def _excluded(argument: Any, value: Any) -> bool:
    if isinstance(argument, dict):
        return _rule(argument, value)
    return value in (cast("list[Any]", argument) if isinstance(argument, list) else [argument])


def _numeric(argument: Sequence[Any], value: float) -> bool:
    pairs = zip(argument[::2], argument[1::2], strict=True)
    return all(_COMPARISONS[operator](value, limit) for operator, limit in pairs)


def _check(pattern: Mapping[str, Any]) -> None:
    for name, wanted in pattern.items():
        if name == "$or" and isinstance(wanted, list):
            for each in cast("list[Any]", wanted):
                _check(each)
        elif isinstance(wanted, dict):
            _check(cast("Mapping[str, Any]", wanted))
        elif isinstance(wanted, list):
            for rule in cast("list[Any]", wanted):
                if isinstance(rule, dict) and set(cast("dict[str, Any]", rule)) - _KNOWN:
                    raise TemplateError(f"the filter rule {rule!r:.200} is not known to the simulator")
        else:
            raise TemplateError(f"the filter pattern for {name!r} is {wanted!r:.100}: it must be a list or an object")


_KNOWN = frozenset({"exists", "prefix", "suffix", "equals-ignore-case", "anything-but", "numeric"})
