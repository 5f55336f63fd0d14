"""The rules of the model with their ids."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import redrive_model.rules
from redrive_model.rules.rule import Rules
from tools.reference.text import page, table

_INTRODUCTION = """
The rules that constructs apply when they are created, and again at synthesis: [checks](../checks.md) says how, and how
to acknowledge a warning. Errors of the first kind would be refused by AWS; errors of the second would lose events or
could not work. Every message names the values, the rule and the remedy.
"""


def all_rules() -> Iterator[Rules[Any]]:
    """Yield the lists of rules, each once."""
    known: set[int] = set()
    for module in sorted(each.name for each in iter_modules(redrive_model.rules.__path__)):
        names: dict[str, Any] = vars(import_module(f"redrive_model.rules.{module}"))
        for name, value in names.items():
            if name.endswith("_RULES") and id(value) not in known:
                known.add(id(value))
                yield value


def rules_page() -> str:
    """Return the page."""
    kinds: dict[str, set[tuple[str, str, str]]] = {}
    for rules in all_rules():
        for kind, found in (
            ("AWS refuses it", {rules.id_of(rule): rule for rule in rules.undeployable}),
            ("Redrive refuses it", {rules.id_of(rule): rule for rule in rules.unsafe}),
            ("Warnings", rules.warnings),
        ):
            # A warning that several kinds of things can have has a rule for each.
            kinds.setdefault(kind, set()).update((f"`{name}`", *_about(rule)) for name, rule in found.items())
    parts = [f"## {kind}\n\n" + table(["id", "rule", "AWS"], sorted(rows)) for kind, rows in kinds.items()]
    return page("Rules", _INTRODUCTION, *parts)


def _about(rule: Callable[..., Any]) -> tuple[str, str]:
    """The sentence and the page of a rule."""
    text = inspect.getdoc(rule) or ""
    address = re.search(r"https://\S+[\w/#]", text)
    sentence = " ".join(re.sub(r"https://\S+", "", text).split()).rstrip(":").strip()
    return sentence, f"[page]({address.group()})" if address else ""
