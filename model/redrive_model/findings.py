"""Compares a stack's resources with the rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf
from typing import NamedTuple

from redrive.settings import SQS_WAITS, Backoff, SettingsError, variable
from redrive.settings.sqs import SqsSettings, read_sqs
from redrive.settings.streams import StreamSettings, read_stream
from redrive_model import limits
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_model.resources.mapping import SqsMappingSpec, StreamMappingSpec
from redrive_model.resources.queue import QueueSpec
from redrive_model.resources.stack import Stack
from redrive_model.resources.stream import StreamSpec
from redrive_model.rules.account import ACCOUNT_RULES, AccountFacts
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.rules.queues import QUEUE_RULES
from redrive_model.rules.rule import Broken, Severity
from redrive_model.rules.sqs import MAPPING_RULES
from redrive_model.rules.streams import STREAM_RULES
from redrive_model.schedules import sqs, streams
from redrive_model.schedules.asynchronous import bridged_by, last_attempt
from redrive_model.template.arns import kind_of, without_qualifier


class Finding(NamedTuple):
    """A rule that a resource of a stack breaks.

    Attributes:
        rule: Id of the rule.
        severity: `undeployable` (AWS refuses it), `unsafe` (the constructs refuse it) or `warning`.
        resource: Name of the resource.
        sentence: The values, the rule and the remedy.
    """

    rule: str
    severity: Severity
    resource: str
    sentence: str


def findings_of(stack: Stack, *, account_concurrency: int = limits.ACCOUNT_CONCURRENCY) -> Iterator[Finding]:
    """Yield the findings on a stack.

    Args:
        stack: The stack.
        account_concurrency: Concurrent invocations of the account.
    """
    known = _Known(stack)
    for queue in known.queues.values():
        yield from _named(queue.name, QUEUE_RULES.broken(_queue_facts(queue, known)))
    for arn, asynchronous in stack.asynchronous.items():
        function = known.function(arn)
        if function is not None:
            yield from _named(function.name, ASYNC_RULES.broken(_async_facts(asynchronous, function, known)))
    reserved = sum(function.reserved_concurrency or 0 for function in known.functions.values())
    account = AccountFacts(reserved=reserved, concurrency=account_concurrency)
    yield from _named("the account", ACCOUNT_RULES.broken(account))
    for each in stack.sqs_mappings:
        yield from _named(each.name, MAPPING_RULES.broken(_sqs_facts(each, known)))
    for each in stack.stream_mappings:
        yield from _named(each.name, STREAM_RULES.broken(_stream_facts(each, known)))


def _named(resource: str, broken: Iterator[Broken]) -> Iterator[Finding]:
    return (Finding(each.rule, each.severity, resource, each.sentence) for each in broken)


class _Known:
    """Finds the resources of a stack by ARN."""

    def __init__(self, stack: Stack) -> None:
        self.queues: Mapping[str, QueueSpec] = {spec.arn: spec for _, spec in stack.queues}
        self.functions: Mapping[str, FunctionSpec] = {spec.arn: spec for _, spec in stack.functions}
        self._streams: Mapping[str, StreamSpec] = {spec.arn: spec for _, spec in stack.streams}
        self._consumers = stack.consumers

    def queue(self, arn: str | None) -> QueueSpec | None:
        return None if arn is None else self.queues.get(arn)

    def function(self, arn: str) -> FunctionSpec | None:
        return self.functions.get(without_qualifier(arn))

    def stream(self, arn: str) -> StreamSpec | None:
        return self._streams.get(self._consumers.get(arn, arn))

    def fifo(self, **destinations: str | None) -> tuple[tuple[str, str], ...]:
        """Return the roles and names of FIFO queues and topics among some destinations."""
        return tuple(
            (role, arn.rpartition(":")[2])
            for role, arn in destinations.items()
            if arn is not None and kind_of(arn) in ("queue", "topic") and arn.endswith(".fifo")
        )


def _queue_facts(queue: QueueSpec, known: _Known) -> SqsFacts:
    dead_letters = known.queue(queue.dead_letter_arn)
    return SqsFacts(
        fifo=queue.fifo,
        dead_letter_fifo=None if dead_letters is None else dead_letters.fifo,
        dead_letter_is_source=queue.dead_letter_arn == queue.arn,
        visibility_timeout=_plain(queue.visibility_timeout),
        delivery_delay=_plain(queue.delay),
        retention=_plain(queue.retention),
        dead_letter_retention=None if dead_letters is None else _plain(dead_letters.retention),
        max_receive_count=queue.max_receive_count,
    )


def _sqs_facts(mapping: SqsMappingSpec, known: _Known) -> SqsFacts:
    queue, function = known.queue(mapping.source), known.function(mapping.function)
    facts = SqsFacts(
        fifo=None if queue is None else queue.fifo,
        function_timeout=None if function is None else _plain(function.timeout),
        reserved_concurrency=None if function is None else function.reserved_concurrency,
        visibility_timeout=None if queue is None else _plain(queue.visibility_timeout),
        retention=None if queue is None else _plain(queue.retention),
        max_receive_count=None if queue is None else queue.max_receive_count,
        batch_size=mapping.batch_size,
        batching_window=_plain(mapping.window),
        max_concurrency=mapping.scaling,
        minimum_pollers=mapping.minimum_pollers,
        maximum_pollers=mapping.maximum_pollers,
        backoff=_backoff({} if function is None else function.environment, mapping.source),
        unsupported=mapping.unsupported,
    )
    return replace(facts, bridged=sqs.bridged_by(facts))


def _async_facts(asynchronous: AsyncSpec, function: FunctionSpec, known: _Known) -> AsyncFacts:
    on_success, on_failure, dead_letters = asynchronous.on_success, asynchronous.on_failure, function.dead_letter_arn
    age = _plain(asynchronous.max_age)
    attempts = last_attempt(asynchronous.max_retries, age)
    return AsyncFacts(
        sets_something=not asynchronous.is_empty,
        retry_attempts=asynchronous.max_retries,
        max_event_age=age,
        last_attempt=attempts,
        bridged=bridged_by(attempts),
        on_success=kind_of(on_success),
        on_failure=kind_of(on_failure),
        dead_letter_queue=kind_of(dead_letters),
        fifo=known.fifo(on_success=on_success, on_failure=on_failure, dead_letter_queue=dead_letters),
        own_destination=tuple(
            role
            for role, arn in (("on_success", on_success), ("on_failure", on_failure))
            if arn is not None and without_qualifier(arn) == function.arn
        ),
        function_timeout=_plain(function.timeout),
        reserved_concurrency=function.reserved_concurrency,
    )


def _stream_facts(mapping: StreamMappingSpec, known: _Known) -> StreamFacts:
    stream, function = known.stream(mapping.source), known.function(mapping.function)
    environment: Mapping[str, str] = {} if function is None else function.environment
    retention = None if stream is None else _plain(stream.retention)
    retries = inf if mapping.max_retries is None else mapping.max_retries
    age = inf if mapping.max_age is None else _plain(mapping.max_age)
    return StreamFacts(
        kind="DynamoDB" if ":dynamodb:" in mapping.source else "Kinesis",
        retention=retention,
        batch_size=mapping.batch_size,
        batching_window=_plain(mapping.window),
        parallelization_factor=mapping.parallelization,
        tumbling_window=_plain(mapping.tumbling_window),
        starting_position=mapping.starting_position,
        has_timestamp=mapping.starting_time is not None,
        retry_attempts=retries,
        max_record_age=age,
        bridged=streams.bridged_by(retries, age, retention),
        bisects=mapping.bisect,
        filters=len(mapping.filters),
        longest_pattern=max(map(len, mapping.filters), default=0),
        on_failure=kind_of(mapping.on_failure),
        on_success=kind_of(mapping.on_success),
        has_helper=variable(StreamSettings, 1) in environment,
        set_aside=_set_aside(environment, mapping.source if stream is None else stream.arn),
        fifo=known.fifo(on_failure=mapping.on_failure),
        function_timeout=None if function is None else _plain(function.timeout),
        reserved_concurrency=None if function is None else function.reserved_concurrency,
        unsupported=mapping.unsupported,
    )


def _backoff(environment: Mapping[str, str], queue: str) -> Backoff | None:
    """Return the helper's waits for a queue's messages; `None` if the function has no settings for it."""
    if variable(SqsSettings, 1) not in environment:
        return None
    try:
        settings = read_sqs(environment, queue)
    except SettingsError:
        return None
    return None if settings == SqsSettings() else settings.backoff or SQS_WAITS


def _set_aside(environment: Mapping[str, str], stream: str) -> str | None:
    """Return the kind of the place for records set aside, from the settings of the helper."""
    try:
        settings = read_stream(environment, stream)
    except SettingsError:
        return None
    return "queue" if settings.set_aside_queue_url else "bucket" if settings.set_aside_bucket else None


def _plain(value: float) -> float:
    """Return a number without a fraction as a whole number, so that sentences show it as such."""
    return int(value) if value % 1 == 0 else value
