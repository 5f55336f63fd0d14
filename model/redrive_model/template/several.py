"""Reads the templates of an app together, with what they export to each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from redrive_model.template.expressions import Unknown, output_key
from redrive_model.template.template import OpenTemplate, Place, Template


@dataclass(frozen=True, slots=True, kw_only=True)
class StackTemplate:
    """The template of a stack, one of several.

    Attributes:
        stack: Name of the stack.
        template: The template.
        place: Region and account.
        values: Known values of its parameters.
        paths: Paths of constructs by logical id, if the template does not contain them.
        acknowledged: Reasons by rule that a construct acknowledges, by the construct's path.
        file: Path of the template's file.
        physical: Physical ids by logical id, if the stack is deployed; `None` if it is not.
        parent: Name of the stack in which it is nested; `None` if it is not nested.
        passed: Expressions in the parent's template for the values of its parameters.
    """

    stack: str
    template: Mapping[str, Any]
    place: Place
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    acknowledged: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    file: Path | None = None
    physical: Mapping[str, str] | None = None
    parent: str | None = None
    passed: Mapping[str, Any] = field(default_factory=dict[str, Any])


def read_templates(
    sources: Sequence[StackTemplate], imported: Callable[[str], str | None] = lambda name: None
) -> list[Template]:
    """Read the templates of an app. What is only known at deployment is left out, and never guessed.

    Args:
        sources: The templates.
        imported: Returns the value that a stack outside of `sources` exports under a name; `None` if there is none.

    Returns:
        A template each, in the same order.
    """
    exports = _Exports(imported)
    by_name: dict[str, OpenTemplate] = {}
    opened = [
        OpenTemplate(
            each.template,
            each.place,
            each.values if each.parent is None else _Passed(by_name, each.parent, each.passed),
            stack=each.stack,
            exported=exports.value,
            strict=False,
            physical=each.physical,
        )
        for each in sources
    ]
    for each, source in zip(opened, sources, strict=True):
        exports.add(source.stack, each)
        by_name.setdefault(source.stack, each)
    return [each.read(source.paths) for each, source in zip(opened, sources, strict=True)]


def merged(templates: Sequence[Template]) -> Template:
    """Return the resources of several templates as one, by stack and logical id."""
    return Template(
        {f"{name}@{each.stack}": each for template in templates for name, each in template.resources.items()},
        tuple(part for template in templates for part in template.not_modelled),
    )


class _Passed(Mapping[str, Any]):
    """The values that a stack passes to the parameters of a nested one, evaluated when they are asked for."""

    def __init__(self, stacks: Mapping[str, OpenTemplate], parent: str, passed: Mapping[str, Any]) -> None:
        self._stacks = stacks
        self._parent = parent
        self._passed = passed
        self._asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        expression = self._passed[name]
        if name in self._asked or self._parent not in self._stacks:
            raise KeyError(name)
        self._asked.add(name)  # nested stacks that need each other cannot be deployed, but must not hang here
        try:
            value = self._stacks[self._parent].expressions.value(expression)
        finally:
            self._asked.remove(name)
        if isinstance(value, Unknown):
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self._passed)

    def __len__(self) -> int:
        return len(self._passed)


class _Exports:
    """The values that stacks export, evaluated when they are asked for."""

    def __init__(self, imported: Callable[[str], str | None]) -> None:
        self._imported = imported
        self._found: dict[str, tuple[OpenTemplate, Any]] = {}
        self._asked: set[str] = set()

    def add(self, stack: str, template: OpenTemplate) -> None:
        """Add the outputs of a stack."""
        outputs: Mapping[str, Any] = template.raw.get("Outputs") or {}
        for id, output in outputs.items():
            self._found.setdefault(output_key(stack, id), (template, output.get("Value")))
            if "Export" in output:
                name = template.expressions.value(output["Export"].get("Name"))
                self._found.setdefault(str(name), (template, output.get("Value")))

    def value(self, name: str) -> Any:
        """Return the value exported under a name; `None` if it is not known."""
        if name not in self._found:
            return self._imported(name)
        if name in self._asked:
            return None
        template, expression = self._found[name]
        self._asked.add(name)  # stacks that import from each other cannot be deployed, but must not hang here
        try:
            value = template.expressions.value(expression)
        finally:
            self._asked.remove(name)
        return None if isinstance(value, Unknown) else value
