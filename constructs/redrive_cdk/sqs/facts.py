"""Collects the facts about a queue's consumer that are known at synthesis."""

from __future__ import annotations

from dataclasses import replace

from constructs import Construct

from redrive.settings import Backoff
from redrive_cdk.core import known
from redrive_cdk.core.failure_places import keeps_failures
from redrive_cdk.core.filters import filter_facts
from redrive_cdk.core.known import FunctionFacts
from redrive_cdk.core.placement import place_elsewhere
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.sqs.options import SqsOptions
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules.sqs import bridged_by


def gather(
    consumer: Construct,
    function: FunctionFacts,
    source: KnownQueue,
    dead_letters: KnownQueue | None,
    options: SqsOptions,
    backoff: Backoff,
) -> SqsFacts:
    """Collect the facts; call `queues.complete` first.

    Raises:
        ValueError: An option differs from what the queue has.
    """
    filters = filter_facts(options.filters)
    window, pollers = options.max_batching_window, options.provisioned_pollers
    facts = SqsFacts(
        fifo=source.fifo,
        dead_letter_fifo=None if dead_letters is None else dead_letters.fifo,
        keeps_failures=keeps_failures(source.queue),
        elsewhere=place_elsewhere(source.queue, consumer),
        dead_letters_elsewhere=None if dead_letters is None else place_elsewhere(dead_letters.queue, source.queue),
        dead_letter_is_source=source.is_same(dead_letters),
        function_timeout=function.timeout,
        reserved_concurrency=function.reserved_concurrency,
        visibility_timeout=source.visibility_timeout(options.visibility_timeout),
        delivery_delay=source.delivery_delay,
        retention=source.retention,
        dead_letter_retention=None if dead_letters is None else dead_letters.retention,
        max_receive_count=source.max_receive_count(options.max_receive_count),
        batch_size=known.number(options.batch_size),
        batching_window=0 if window is None else known.seconds(window),
        max_concurrency=known.number(options.max_concurrency),
        minimum_pollers=None if pollers is None else known.number(pollers.minimum),
        maximum_pollers=None if pollers is None else known.number(pollers.maximum),
        backoff=backoff,
        filters=filters.filters,
        patterns=filters.patterns,
        no_patterns=filters.no_patterns,
    )
    return replace(facts, bridged=bridged_by(facts))
