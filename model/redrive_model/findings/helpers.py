"""Collects the facts about what functions' helpers use by their settings: other functions, and circuits."""

from __future__ import annotations

from collections.abc import Iterator

from redrive.settings.base import every_settings
from redrive.settings.circuit import CircuitSettings
from redrive.settings.invoker import InvokerSettings
from redrive_model.findings.known import Known, plain
from redrive_model.findings.tables import table_named
from redrive_model.rules.circuit import CircuitFacts
from redrive_model.rules.idempotency import TableFacts
from redrive_model.rules.invoker import CallFacts
from redrive_model.template.template import Resource


def call_facts(known: Known) -> Iterator[tuple[CallFacts, tuple[Resource, ...]]]:
    """Yield the facts about each call of one function of the stack by another, with both resources."""
    for caller in known.functions.values():
        for settings in every_settings(InvokerSettings, caller.environment):
            callee = None if settings.function is None else known.function(settings.function)
            if callee is None:
                continue
            its, of_callee = known.resources[caller.arn], known.resources[callee.arn]
            facts = CallFacts(
                caller=its.shown,
                callee=of_callee.shown,
                caller_timeout=plain(caller.timeout) if known.is_known(its, "Timeout") else None,
                callee_timeout=plain(callee.timeout) if known.is_known(of_callee, "Timeout") else None,
                told_timeout=None if settings.function_timeout is None else plain(settings.function_timeout),
            )
            yield facts, (its, of_callee)


def circuit_facts(known: Known) -> Iterator[tuple[CircuitFacts, tuple[Resource, ...]]]:
    """Yield the facts about each circuit, once for each settings of it, with its table and a function that uses it."""
    seen: set[CircuitSettings] = set()
    for function in known.functions.values():
        for settings in every_settings(CircuitSettings, function.environment):
            if settings in seen:
                continue
            seen.add(settings)
            found = table_named(settings.table, known)
            its = known.resources[function.arn]
            if found is None:
                yield CircuitFacts(settings=settings, table=TableFacts()), (its,)
            else:
                yield CircuitFacts(settings=settings, table=found[0]), (found[1], its)
