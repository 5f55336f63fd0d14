"""The page of each rule: its id, why, source and fix, a template that breaks it, and what to change in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import ndiff
from textwrap import fill
from typing import Any

import yaml

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.catalogue import Described
from redrive_model.rules.rule import Severity
from redrive_model.template.template import Place, read_template
from tests.support.model.rule_examples import Example, examples
from tests.support.simulator.simulations import REQUIRED
from tools.reference.text import page

#: Consequences of a broken rule.
MEANING: dict[Severity, str] = {
    "undeployable": "Error: AWS refuses it at deployment.",
    "unsafe": "Error: it cannot work, or events would be lost.",
    "warning": "Warning.",
}
_WIDTH = 128


def file_of(id: str) -> str:
    """Return the name of a rule's page, beside the list of rules."""
    return f"rules/{id.removeprefix('redrive:')}.md"


def rule_pages(rules: list[Described]) -> dict[str, str]:
    """Return the pages of rules by their names."""
    known = examples()
    return {file_of(rule.id): page(f"`{rule.id}`", *_parts(rule, known.get(rule.id))) for rule in rules}


def _parts(rule: Described, example: Example | None) -> Iterator[str]:
    yield f"{MEANING[rule.severity]} [All rules](../rules.md), and [how to acknowledge one](../../checks.md)."
    yield f"## Why\n\n{_paragraphs(rule.why)}"
    if rule.sources:
        yield "Source: " + ", ".join(f"<{each}>" for each in rule.sources)
    if example is None:
        yield "Only constructs apply it, to what no template tells."
        return
    sentence = _sentence(rule.id, example.broken)
    said = "What `redrive check` says of the template below, with the remedy at its end:"
    yield f"## Fix\n\n{said}\n\n{_quoted(sentence)}"
    yield f"## A template that breaks it\n\n```yaml\n{_written(example.broken).strip()}\n```"
    changes = "\n".join(_differences(example))
    yield f"## One that passes\n\nThe same with these changes:\n\n```diff\n{changes}\n```"


def _paragraphs(texts: tuple[str, ...]) -> str:
    return "\n\n".join(fill(each, _WIDTH, break_on_hyphens=False, break_long_words=False) for each in texts)


def _quoted(sentence: str) -> str:
    lines = fill(sentence, _WIDTH - 2, break_on_hyphens=False, break_long_words=False).splitlines()
    return "\n".join(f"> {line}" for line in lines)


def _sentence(rule: str, template: dict[str, Any]) -> str:
    stack = stack_of(read_template(template, Place("eu-west-1", "111111111111"), {}))
    return next(each.sentence for each in findings_of(stack) if each.rule == rule)


def _differences(example: Example) -> Iterator[str]:
    """Yield the lines that differ, and those around them that say where."""
    broken, passing = (_written(each).splitlines() for each in example)
    for line in ndiff(broken, passing):
        if not line.startswith("?"):
            yield line.rstrip()


def _written(template: dict[str, Any]) -> str:
    shown = {
        id: {**each, "Properties": {name: value for name, value in each["Properties"].items() if name not in REQUIRED}}
        for id, each in template["Resources"].items()
        if "Properties" in each
    }
    template = {**template, "Resources": {**template["Resources"], **shown}}
    return re.sub(r"x{40,}", "xxx…", yaml.dump(template, Dumper=_Dumper, sort_keys=False, width=110))


class _Dumper(yaml.SafeDumper):
    """Writes each value in full: templates have no anchors."""

    def ignore_aliases(self, data: Any) -> bool:
        return True
