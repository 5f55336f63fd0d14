"""Collects the facts about queues, streams and their event source mappings from the resources of a stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from math import inf

from redrive.settings import SQS_WAITS, Backoff, SettingsError, variable
from redrive.settings.sqs import SqsSettings, read_sqs
from redrive.settings.streams import StreamSettings, read_stream
from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.findings.known import Known, plain
from redrive_model.resources.mapping import MappingSpec, SqsMappingSpec, StreamMappingSpec
from redrive_model.resources.queue import QueueSpec
from redrive_model.rules.sources import Reader, SourceFacts
from redrive_model.schedules import sqs, streams
from redrive_model.template.arns import kind_of, service_of
from redrive_model.template.expressions import PartlyUnknown
from redrive_model.template.template import Resource


def queue_facts(queue: QueueSpec, known: Known) -> SqsFacts:
    """Collect the facts about a queue."""
    resource, dead_letters = known.resources[queue.arn], known.queue(queue.dead_letter_arn)
    of_dead_letters = None if dead_letters is None else known.resources[dead_letters.arn]

    def if_known(value: float | None, name: str, where: Resource | None = resource) -> float | None:
        return None if value is None or not known.is_known(where, name) else plain(value)

    return SqsFacts(
        fifo=queue.fifo if known.is_known(resource, "FifoQueue") else None,
        dead_letter_fifo=known.is_fifo(queue.dead_letter_arn),
        has_dead_letter_queue=queue.dead_letter_arn is not None if known.is_known(resource, "RedrivePolicy") else None,
        keeps_failures=queue.arn in known.failure_places,
        dead_letter_is_source=queue.dead_letter_arn == queue.arn,
        dead_letters_elsewhere=known.elsewhere(queue.dead_letter_arn, resource),
        visibility_timeout=if_known(queue.visibility_timeout, "VisibilityTimeout"),
        delivery_delay=if_known(queue.delay, "DelaySeconds"),
        retention=if_known(queue.retention, "MessageRetentionPeriod"),
        dead_letter_retention=(
            None
            if dead_letters is None
            else if_known(dead_letters.retention, "MessageRetentionPeriod", of_dead_letters)
        ),
        max_receive_count=if_known(queue.max_receive_count, "maxReceiveCount"),
    )


def sqs_facts(mapping: SqsMappingSpec, known: Known) -> SqsFacts:
    """Collect the facts about a mapping of a queue, its queue and its function."""
    queue, its = known.queue(mapping.source), of_mapping(mapping, known)
    of_queue = SqsFacts() if queue is None else queue_facts(queue, known)
    facts = SqsFacts(
        fifo=of_queue.fifo,
        elsewhere=known.elsewhere(mapping.source, its.resource),
        has_dead_letter_queue=of_queue.has_dead_letter_queue,
        partial_failures=None if "FunctionResponseTypes" in its.resource.unknown else mapping.partial_responses,
        function_timeout=its.function_timeout,
        reserved_concurrency=its.reserved_concurrency,
        visibility_timeout=of_queue.visibility_timeout,
        delivery_delay=of_queue.delivery_delay,
        retention=of_queue.retention,
        max_receive_count=of_queue.max_receive_count,
        batch_size=its.number(mapping.batch_size, "BatchSize"),
        batching_window=its.number(mapping.window, "MaximumBatchingWindowInSeconds"),
        max_concurrency=its.number(mapping.scaling, "MaximumConcurrency"),
        minimum_pollers=its.number(mapping.minimum_pollers, "MinimumPollers"),
        maximum_pollers=its.number(mapping.maximum_pollers, "MaximumPollers"),
        backoff=_backoff(its.environment, mapping.source),
        unsupported=mapping.unsupported,
        filters=len(mapping.filters),
        patterns=_patterns(mapping),
        no_patterns=tuple("{}" for each in mapping.filters if not each),
    )
    return replace(facts, bridged=sqs.bridged_by(facts))


def stream_facts(mapping: StreamMappingSpec, known: Known) -> StreamFacts:
    """Collect the facts about a mapping of a stream, its stream and its function."""
    stream, its = known.stream(mapping.source), of_mapping(mapping, known)
    of_stream = None if stream is None else known.resources.get(stream.arn)
    kept = None if stream is None or not known.is_known(of_stream, "RetentionPeriodHours") else plain(stream.retention)
    circuit = known.paused.get(mapping.uuid)
    there = known.elsewhere(mapping.source, its.resource)
    retries = its.number(inf if mapping.max_retries is None else mapping.max_retries, "MaximumRetryAttempts")
    age = its.number(inf if mapping.max_age is None else mapping.max_age, "MaximumRecordAgeInSeconds")
    return StreamFacts(
        kind="DynamoDB" if service_of(mapping.source) == "dynamodb" else "Kinesis",
        region=None if there is None else there.here,
        source_region=None if there is None else there.there,
        retention=kept,
        batch_size=its.number(mapping.batch_size, "BatchSize"),
        batching_window=its.number(mapping.window, "MaximumBatchingWindowInSeconds"),
        parallelization_factor=its.number(mapping.parallelization, "ParallelizationFactor"),
        tumbling_window=its.number(mapping.tumbling_window, "TumblingWindowInSeconds"),
        starting_position=mapping.starting_position,
        has_position="StartingPosition" in its.resource.properties or "StartingPosition" in its.resource.unknown,
        has_timestamp=mapping.starting_time is not None or "StartingPositionTimestamp" in its.resource.unknown,
        retry_attempts=retries,
        max_record_age=age,
        bridged=streams.bridged_by(retries, age, kept),
        bisects=mapping.bisect or "BisectBatchOnFunctionError" in its.resource.unknown,
        filters=len(mapping.filters),
        patterns=_patterns(mapping),
        no_patterns=tuple("{}" for each in mapping.filters if not each),
        on_failure=its.kind_of(mapping.on_failure, "DestinationConfig", "OnFailure"),
        on_success=kind_of(mapping.on_success),
        has_helper=variable(StreamSettings, 1) in its.environment,
        set_aside=_set_aside(its.environment, mapping.source if stream is None else stream.arn),
        fifo=known.fifo(on_failure=mapping.on_failure),
        function_timeout=its.function_timeout,
        reserved_concurrency=its.reserved_concurrency,
        unsupported=mapping.unsupported,
        paused_by=None if circuit is None else f"the circuit {circuit.name}",
    )


class of_mapping:  # noqa: N801  # reads as a function
    """Facts about a mapping and its function, for the rules."""

    def __init__(self, mapping: MappingSpec, known: Known) -> None:
        self.resource = known.stack.mapped[mapping.uuid]
        function = known.function(mapping.function)
        resource = None if function is None else known.resources[function.arn]
        self.environment: Mapping[str, str] = {} if function is None else function.environment
        self.function_timeout = (
            None if function is None or not known.is_known(resource, "Timeout") else plain(function.timeout)
        )
        self.reserved_concurrency = None if function is None else function.reserved_concurrency

    def number(self, value: float | None, name: str) -> float | None:
        """Return a number of the mapping if it is known."""
        return None if value is None or name in self.resource.unknown else plain(value)

    def kind_of(self, arn: str | None, *names: str) -> str | None:
        """Return the kind of a destination; `queue`, against which nothing is known, if it is not known."""
        return "queue" if self.resource.unknown.intersection(names) else kind_of(arn)


def _patterns(mapping: MappingSpec) -> tuple[str, ...]:
    """Return the known filter patterns."""
    return tuple(each for each in mapping.filters if each and not isinstance(each, PartlyUnknown))


def source_facts(known: Known) -> Iterator[tuple[SourceFacts, tuple[Resource, ...]]]:
    """Collect the facts about each source together with all that read it, and the mappings' resources."""
    readers: defaultdict[str, list[MappingSpec]] = defaultdict(list)
    for each in (*known.stack.sqs_mappings, *known.stack.stream_mappings):
        readers[known.source(each.source)].append(each)
    for arn, mappings in readers.items():
        table = known.table(arn)
        service = service_of(arn)
        facts = SourceFacts(
            source=known.shown(arn),
            kind="queue" if service == "sqs" else "table" if service == "dynamodb" else "stream",
            readers=tuple(_reader(each, known) for each in mappings),
            is_global=table is not None and table.replicas > 1,
        )
        yield facts, tuple(known.stack.mapped[each.uuid] for each in mappings)


def _reader(mapping: MappingSpec, known: Known) -> Reader:
    unknown = known.stack.mapped[mapping.uuid].unknown
    return Reader(
        name=known.shown_mapping(mapping),
        function=known.shown(mapping.function),
        # A registered consumer of a stream is a source of its own. Whether `$LATEST` counts as another function is not
        # documented.
        invoked=f"{mapping.source} {mapping.function}",
        filters=None if unknown & {"FilterCriteria", "Filters"} else mapping.filters,
        enabled=mapping.enabled,
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
