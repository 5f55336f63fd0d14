"""Writes docs/rules.md, with every rule of templates: `python -m tools.rules_page`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import ndiff
from textwrap import fill
from typing import Any

import yaml

from redrive_model.findings import findings_of
from redrive_model.resources.stack import stack_of
from redrive_model.rules.catalogue import Described, all_rules
from redrive_model.rules.rule import Severity
from redrive_model.template.template import Place, read_template
from tests.support.model.rule_examples import Example, examples
from tests.support.simulator.simulations import REQUIRED
from tools.node import ROOT

PAGE = ROOT / "docs" / "rules.md"
INTRODUCTION = """\
# Rules

Each rule that [`redrive check`](checks.md#from-the-command-line) and the constructs apply: why it is there, the page
it comes from, the sentence it says, and a template. In the templates, the lines with `-` break the rule and those with
`+` pass it.

`python -m tools.rules_page` writes this page from the model.
"""
MEANING: dict[Severity, str] = {
    "undeployable": "Error: AWS refuses it at deployment.",
    "unsafe": "Error: it cannot work, or events would be lost.",
    "warning": "Warning.",
}
WIDTH = 128


def page() -> str:
    """Return the page's text."""
    known = examples()
    rules = all_rules()
    listed = [f"- [`{rule.id}`](#{anchor(rule)})" for rule in rules]
    return "\n".join([INTRODUCTION, *listed, "", *(line for rule in rules for line in _section(rule, known))])


def anchor(rule: Described) -> str:
    """Return the anchor that a heading of the rule's id gets."""
    return rule.id.replace(":", "")


def _section(rule: Described, known: dict[str, Example]) -> Iterator[str]:
    yield from (f"## {rule.id}", "", MEANING[rule.severity], "")
    for why in rule.why:
        yield from (fill(why, WIDTH, break_on_hyphens=False, break_long_words=False), "")
    if rule.source is not None:
        yield from (f"Source: <{rule.source}>", "")
    if rule.id not in known:
        yield from ("Only constructs apply it, to what no template tells.", "")
        return
    example = known[rule.id]
    sentence = _sentence(rule.id, example.broken)
    quoted = fill(sentence, WIDTH - 2, break_on_hyphens=False, break_long_words=False)
    yield from (*(f"> {line}" for line in quoted.splitlines()), "", "```diff", *_differences(example), "```", "")


def _sentence(rule: str, template: dict[str, Any]) -> str:
    stack = stack_of(read_template(template, Place("eu-west-1", "111111111111"), {}))
    return next(each.sentence for each in findings_of(stack) if each.rule == rule)


def _differences(example: Example) -> Iterator[str]:
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


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
