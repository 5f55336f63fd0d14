"""Compares a stack's resources with the rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from redrive_model import limits
from redrive_model.findings import functions, sources, ways
from redrive_model.findings.by_themselves import (
    notification_facts,
    queue_settings_facts,
    start_facts,
    subscription_facts,
)
from redrive_model.findings.deliveries import delivery_facts, invoked_by_events
from redrive_model.findings.helpers import call_facts, circuit_facts
from redrive_model.findings.known import Known
from redrive_model.findings.network import Network
from redrive_model.findings.pauses import pause_facts
from redrive_model.findings.tables import table_facts
from redrive_model.resources.function import FunctionSpec
from redrive_model.resources.stack import Stack
from redrive_model.rules.account import ACCOUNT_RULES, AccountFacts
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
from redrive_model.rules.rule import Broken, Severity
from redrive_model.rules.sources import SOURCE_RULES
from redrive_model.rules.sqs import MAPPING_RULES
from redrive_model.rules.starts import START_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.rules.subscriptions import SUBSCRIPTION_RULES
from redrive_model.rules.wording import for_templates
from redrive_model.template.arns import without_qualifier
from redrive_model.template.template import Resource


class Finding(NamedTuple):
    """A rule that a resource of a stack breaks.

    Attributes:
        rule: Id of the rule.
        severity: `undeployable` (AWS refuses it), `unsafe` (the constructs refuse it) or `warning`.
        resource: Name of the resource.
        sentence: The values, the rule and the remedy.
        where: The resources to change, the nearest first.
    """

    rule: str
    severity: Severity
    resource: str
    sentence: str
    where: tuple[Resource, ...] = ()


def findings_of(
    stack: Stack,
    *,
    account_concurrency: int = limits.ACCOUNT_CONCURRENCY,
    wording: Callable[[str], str] = for_templates,
) -> Iterator[Finding]:
    """Yield the findings on a stack.

    Args:
        stack: The stack.
        account_concurrency: Concurrent invocations of the account.
        wording: Gives a sentence the words of its reader: for the author of a template, or of constructs.
    """
    for each in _findings_of(stack, account_concurrency):
        yield each._replace(sentence=wording(each.sentence))


def _findings_of(stack: Stack, account_concurrency: int) -> Iterator[Finding]:
    known = Known(stack)
    edges = ways.ways_in(known)
    for queue in known.queues.values():
        yield from _at(known.resources[queue.arn], QUEUE_RULES.broken(sources.queue_facts(queue, known)))
        yield from _at(known.resources[queue.arn], QUEUE_SETTINGS_RULES.broken(queue_settings_facts(queue, known)))
    for resource, arn, spec in stack.configurations:
        function = known.function(arn)
        if function is not None:
            facts = functions.async_facts(resource, arn, spec, function, known)
            others = [other for other, its, _ in stack.configurations if its == arn and other is not resource]
            yield from _at(resource, ASYNC_RULES.broken(facts), *others, name=function.name)
    for function in functions_without_configuration(known, edges):
        facts = functions.facts_without_configuration(function, known)
        yield from _at(known.resources[function.arn], ASYNC_RULES.broken(facts), name=function.name)
    yield from _findings_on_functions(known, edges)
    reserving = [each for each in known.functions.values() if each.reserved_concurrency]
    reserved = sum(each.reserved_concurrency or 0 for each in reserving)
    account = AccountFacts(reserved=reserved, concurrency=account_concurrency)
    for each in ACCOUNT_RULES.broken(account):
        where = tuple(known.resources[function.arn] for function in reserving)
        yield Finding(*each[:2], "the account", each.sentence, where)
    for each in stack.sqs_mappings:
        yield from _at(stack.mapped[each.uuid], MAPPING_RULES.broken(sources.sqs_facts(each, known)))
    for each in stack.stream_mappings:
        yield from _at(stack.mapped[each.uuid], STREAM_RULES.broken(sources.stream_facts(each, known)))
    for each in (*stack.sqs_mappings, *stack.stream_mappings):
        facts = pause_facts(each, known)
        if facts is not None:
            yield from _at(stack.mapped[each.uuid], PAUSE_RULES.broken(facts))
    for facts, resources in delivery_facts(known):
        yield from _at(resources[0], DELIVERY_RULES.broken(facts), *resources[1:])
    for facts, resource in notification_facts(known):
        yield from _at(resource, NOTIFICATION_RULES.broken(facts))
    for facts, resource in start_facts(known):
        yield from _at(resource, START_RULES.broken(facts))
    for facts, resource in subscription_facts(known):
        yield from _at(resource, SUBSCRIPTION_RULES.broken(facts))
    for facts, resources in call_facts(known):
        yield from _at(resources[0], CALL_RULES.broken(facts), *resources[1:])
    for facts, resources in circuit_facts(known):
        yield from _at(resources[0], CIRCUIT_RULES.broken(facts), *resources[1:])
    for facts, resource in table_facts(known):
        yield from _at(resource, TABLE_RULES.broken(facts))
    for facts, mappings in sources.source_facts(known):
        yield from _at(mappings[0], SOURCE_RULES.broken(facts), *mappings[1:])
    for facts, resources in ways.loops_of(known, edges):
        yield from _at(resources[0], LOOP_RULES.broken(facts), *resources[1:])


def functions_without_configuration(known: Known, edges: list[ways.Edge]) -> list[FunctionSpec]:
    """Return the functions that nothing configures, and that are invoked asynchronously or have a dead-letter queue."""
    targets = frozenset(each.target for each in edges if each.way not in ("event source mapping", "dead-letter queue"))
    invoked = invoked_by_events(known, targets)
    configured = {without_qualifier(arn) for _, arn, _ in known.stack.configurations}
    return [
        each
        for each in known.functions.values()
        if each.arn not in configured and (each.arn in invoked or each.dead_letter_arn is not None)
    ]


def _findings_on_functions(known: Known, edges: list[ways.Edge]) -> Iterator[Finding]:
    network = Network(known.stack)
    by_event = {each.target for each in edges if each.way != "event source mapping"}
    invoked = functions.invoked_otherwise(known, frozenset(by_event))
    for function in known.functions.values():
        resource = known.resources[function.arn]
        facts = functions.function_facts(function, known, network, invoked)
        yield from _at(resource, FUNCTION_RULES.broken(facts))
        told: set[tuple[str, str]] = set()
        for protection, retrying in functions.protection_facts(function, known):
            for each in _at(retrying, PROTECTION_RULES.broken(protection), resource):
                if (each.resource, each.sentence) not in told:
                    told.add((each.resource, each.sentence))
                    yield each


def _at(resource: Resource, broken: Iterator[Broken], *others: Resource, name: str | None = None) -> Iterator[Finding]:
    for each in broken:
        yield Finding(each.rule, each.severity, name or resource.name, each.sentence, (resource, *others))
