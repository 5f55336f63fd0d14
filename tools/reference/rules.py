"""The list of the model's rules with their ids."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import redrive_model.rules
from redrive_model.rules.catalogue import Described, described
from redrive_model.rules.rule import Rules, Severity
from tools.reference.rule_pages import file_of
from tools.reference.text import page, table

_INTRODUCTION = """
The rules that constructs apply when they are created, and again at synthesis, and that `redrive check` applies to any
template: [checks](../checks.md) says how, and how to acknowledge a warning. Errors of the first kind would be refused
by AWS; errors of the second would lose events or could not work. Every message names the values, the rule and the
remedy. Each rule has a page with the reason, the source, a template that breaks it, and what to change.
"""
_KINDS: dict[Severity, str] = {
    "undeployable": "AWS refuses it",
    "unsafe": "Redrive refuses it",
    "warning": "Warnings",
}


def every_rule() -> list[Described]:
    """Return all rules of the model, those included that only constructs apply."""
    return described(_lists())


def _lists() -> Iterator[Rules[Any]]:
    """Yield the lists of rules, each once."""
    known: set[int] = set()
    for module in sorted(each.name for each in iter_modules(redrive_model.rules.__path__)):
        names: dict[str, Any] = vars(import_module(f"redrive_model.rules.{module}"))
        for name, value in names.items():
            if name.endswith("_RULES") and id(value) not in known:
                known.add(id(value))
                yield value


def rules_page(rules: list[Described]) -> str:
    """Return the page."""
    parts = [
        f"## {title}\n\n" + table(["id", "rule", "AWS"], [_row(rule) for rule in rules if rule.severity == severity])
        for severity, title in _KINDS.items()
    ]
    return page("Rules", _INTRODUCTION, *parts)


def _row(rule: Described) -> tuple[str, str, str]:
    source = "" if rule.source is None else f"[page]({rule.source})"
    return f"[`{rule.id}`]({file_of(rule.id)})", " ".join(each.rstrip(":") for each in rule.why), source
