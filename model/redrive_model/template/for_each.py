"""Writes out the loops (`Fn::ForEach`) of a template, as the transform `AWS::LanguageExtensions` does.

https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-foreach.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from redrive_model.template.errors import TemplateError
from redrive_model.template.expressions import LANGUAGE_EXTENSIONS

#: The beginning of a loop's name.
LOOP = "Fn::ForEach::"
_OTHER = re.compile(r"[^A-Za-z0-9]")
# Loops are replaced only here.
_SECTIONS = ("Conditions", "Resources", "Outputs")


def without_loops(template: Mapping[str, Any], value: Callable[[Any], Any], *, allowed: bool) -> Mapping[str, Any]:
    """Return a template without loops: itself if it has none.

    Args:
        template: The template.
        value: Evaluates an expression of the template that refers to no resource.
        allowed: Whether the template has the transform for loops.

    Raises:
        TemplateError: CloudFormation would refuse a loop.
    """
    sections = {name: template[name] for name in _SECTIONS if template.get(name)}
    if not _has_loops(sections):
        return template
    if not allowed:
        raise TemplateError(
            f"the template has a loop ({LOOP}…) without the transform for it: add {LANGUAGE_EXTENSIONS} to Transform"
        )
    return {**template, **_written_out(sections, value)}


def _has_loops(value: Any) -> bool:
    if isinstance(value, Mapping):
        fields = cast("Mapping[str, Any]", value)
        return any(name.startswith(LOOP) or _has_loops(each) for name, each in fields.items())
    return isinstance(value, list) and any(map(_has_loops, cast("list[Any]", value)))


def _written_out(value: Any, evaluated: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        return [_written_out(each, evaluated) for each in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    made: dict[str, Any] = {}
    for name, each in cast("Mapping[str, Any]", value).items():
        if not name.startswith(LOOP):
            made[name] = _written_out(each, evaluated)
            continue
        for key, member in _members(name, each, evaluated):
            if key in made:
                raise TemplateError(f"the loop {name} makes {key!r} twice: use its identifier in the key")
            made[key] = member
    return made


def _members(name: str, loop: Any, evaluated: Callable[[Any], Any]) -> list[tuple[str, Any]]:
    parts = cast("list[Any]", loop) if isinstance(loop, list) else []
    if [type(each) for each in (parts[:1] + parts[2:])] != [str, dict]:
        raise TemplateError(f"the loop {name} is {loop!s:.200}: give [identifier, collection, {{key: value}}]")
    identifier, collection, body = parts
    items = evaluated(collection)
    if not isinstance(items, list):
        raise TemplateError(f"the loop {name} runs over {items!r:.200}: give a list, or a parameter that is one")
    made: list[tuple[str, Any]] = []
    for item in cast("list[Any]", items):
        filled = _filled(body, identifier, str(evaluated(item)))
        made += _written_out(filled, evaluated).items()
    return made


def _filled(value: Any, identifier: str, item: str) -> Any:
    """Return a part of a loop's body with the item in the places of its identifier."""
    if isinstance(value, str):
        return value.replace(f"${{{identifier}}}", item).replace(f"&{{{identifier}}}", _OTHER.sub("", item))
    if isinstance(value, list):
        return [_filled(each, identifier, item) for each in cast("list[Any]", value)]
    if not isinstance(value, Mapping):
        return value
    if value == {"Ref": identifier}:
        return item
    return {
        _filled(name, identifier, item): _filled(each, identifier, item)
        for name, each in cast("Mapping[str, Any]", value).items()
    }
