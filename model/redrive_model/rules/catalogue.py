"""Lists all rules of templates, with what each is for and the page it comes from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from inspect import cleandoc
from typing import Any, NamedTuple

from redrive_model.rules.account import ACCOUNT_RULES
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.circuit import CIRCUIT_RULES, PAUSE_RULES
from redrive_model.rules.deliveries import DELIVERY_RULES
from redrive_model.rules.functions import FUNCTION_RULES
from redrive_model.rules.idempotency import PROTECTION_RULES, TABLE_RULES
from redrive_model.rules.invoker import CALL_RULES
from redrive_model.rules.loops import LOOP_RULES
from redrive_model.rules.notifications import NOTIFICATION_RULES
from redrive_model.rules.queue_settings import QUEUE_SETTINGS_RULES
from redrive_model.rules.queues import QUEUE_RULES
from redrive_model.rules.rule import Rules, Severity
from redrive_model.rules.sources import SOURCE_RULES
from redrive_model.rules.sqs import MAPPING_RULES
from redrive_model.rules.starts import START_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.rules.subscriptions import SUBSCRIPTION_RULES

#: The rules that are compared with the resources of a template.
OF_TEMPLATES: tuple[Rules[Any], ...] = (
    QUEUE_RULES,
    QUEUE_SETTINGS_RULES,
    MAPPING_RULES,
    STREAM_RULES,
    ASYNC_RULES,
    FUNCTION_RULES,
    SOURCE_RULES,
    LOOP_RULES,
    DELIVERY_RULES,
    NOTIFICATION_RULES,
    START_RULES,
    SUBSCRIPTION_RULES,
    PAUSE_RULES,
    CIRCUIT_RULES,
    CALL_RULES,
    TABLE_RULES,
    PROTECTION_RULES,
    ACCOUNT_RULES,
)
_Rule = Callable[[Any], str | None]
_ADDRESS = re.compile(r"https://\S+")


class Described(NamedTuple):
    """A rule with its explanation.

    Attributes:
        id: Id.
        severity: What a broken rule means.
        why: The reason, in one sentence or more; one for each kind of thing that the rule is about.
        sources: Addresses of the pages it comes from, the first one that of most cases; none if it follows from other
            rules.
    """

    id: str
    severity: Severity
    why: tuple[str, ...]
    sources: tuple[str, ...]

    @property
    def source(self) -> str | None:
        """The first of its pages; `None` if it has none."""
        return self.sources[0] if self.sources else None


def rule_named(id: str) -> Described | None:
    """Return the rule with an id, or `None`."""
    return _all().get(id)


def all_rules() -> list[Described]:
    """Return all rules of templates, each once: errors first, in the order of their ids."""
    return described(OF_TEMPLATES)


def described(lists: Iterable[Rules[Any]]) -> list[Described]:
    """Return the rules of some lists, each once: errors first, in the order of their ids."""
    return sorted(_by_id(lists).values(), key=lambda each: (each.severity == "warning", each.id))


@cache
def _all() -> Mapping[str, Described]:
    return _by_id(OF_TEMPLATES)


def _by_id(lists: Iterable[Rules[Any]]) -> Mapping[str, Described]:
    found: dict[str, Described] = {}
    for id, severity, rule in _each(lists):
        why, sources = _described(rule)
        known = found.get(id)
        if known is None:
            found[id] = Described(id, severity, (why,), sources)
        elif why not in known.why:
            all_sources = tuple(dict.fromkeys((*known.sources, *sources)))
            found[id] = known._replace(why=(*known.why, why), sources=all_sources)
    return found


def _each(lists: Iterable[Rules[Any]]) -> Iterator[tuple[str, Severity, _Rule]]:
    for rules in lists:
        for each in rules.undeployable:
            yield rules.id_of(each), "undeployable", each
        for each in rules.unsafe:
            yield rules.id_of(each), "unsafe", each
        for id, each in rules.warnings.items():
            yield id, "warning", each


def _described(rule: _Rule) -> tuple[str, tuple[str, ...]]:
    """Return what a rule's docstring says, and the addresses in it."""
    text = cleandoc(rule.__doc__ or "")
    addresses = tuple(each.rstrip(".") for each in _ADDRESS.findall(text))
    return " ".join(_ADDRESS.sub("", text).split()), addresses
