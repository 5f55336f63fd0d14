"""Reads the templates of an app together, with what they export to each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    """

    stack: str
    template: Mapping[str, Any]
    place: Place
    values: Mapping[str, Any] = field(default_factory=dict[str, Any])
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    acknowledged: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    file: Path | None = None
    physical: Mapping[str, str] | None = None


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
    opened = [
        OpenTemplate(
            each.template,
            each.place,
            each.values,
            stack=each.stack,
            exported=exports.value,
            strict=False,
            physical=each.physical,
        )
        for each in sources
    ]
    for each, source in zip(opened, sources, strict=True):
        exports.add(source.stack, each)
    return [each.read(source.paths) for each, source in zip(opened, sources, strict=True)]


def merged(templates: Sequence[Template]) -> Template:
    """Return the resources of several templates as one, by stack and logical id."""
    return Template(
        {f"{name}@{each.stack}": each for template in templates for name, each in template.resources.items()},
        tuple(part for template in templates for part in template.not_modelled),
    )


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
