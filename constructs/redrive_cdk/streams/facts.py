"""Collects the facts about a stream's consumer that are known at synthesis."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.destinations import is_fifo, kind_in_role
from redrive_cdk.core.durations import length_of
from redrive_cdk.core.filters import filter_facts
from redrive_cdk.core.tree import path_of, place_of, place_of_stack, stack_of
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.streams.options import AnySetAside, StreamOptions
from redrive_model.facts.streams import StreamFacts, StreamKind
from redrive_model.schedules.stream_plan import StreamAsked, StreamPlan, plan, refusal
from redrive_model.schedules.streams import bridged_by
from redrive_model.template.arns import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamSource:
    """The stream that a consumer reads.

    Attributes:
        kind: Service of the stream.
        construct: The stream or the table.
        is_made: Whether the consumer created it.
        new: What the mapping reads that cannot be deployed yet, such as `"a stream"`; `None` if there is no such thing.
        arn: ARN of the stream, as its records contain it.
        mapped_arn: ARN in the mapping: that of the stream, or of a consumer registered with it.
        retention: Retention of the stream in seconds; `None` if it is unknown.
    """

    kind: StreamKind
    construct: IConstruct
    is_made: bool
    arn: str
    mapped_arn: str
    retention: float | None
    new: str | None


def plan_for(path: str, source: StreamSource, options: StreamOptions) -> StreamPlan:
    """Plan retries and record age.

    Raises:
        ValueError: The length of the outage cannot be bridged, or contradicts another option or the stream.
    """
    retries, age = options.retry_attempts, options.max_record_age
    asked = StreamAsked(
        bridges=length_of(path, "bridges", options.bridges),
        retries=inf if retries == "infinite" else known.number(retries),
        has_retries=retries is not None,
        age=known.seconds(age) if isinstance(age, Duration) else inf if age == "infinite" else None,
        has_age=age is not None,
        retention=source.retention,
    )
    complaint = refusal(asked)
    if complaint is not None:
        raise ValueError(f"{path}: {complaint}")
    return plan(asked)


def gather(
    consumer: Construct,
    function: lambda_.IFunction,
    source: StreamSource,
    options: StreamOptions,
    planned: StreamPlan,
    *,
    on_failure: AnyDeadLetterTarget | AnyBucket | None,
    set_aside: AnySetAside | None,
) -> StreamFacts:
    """Collect the facts about a configuration."""
    window, tumbling = options.max_batching_window, options.tumbling_window
    places = {"on_failure": on_failure, "set_aside": set_aside}
    given = {role: place for role, place in places.items() if place is not None}
    kinds: dict[str, Kind] = {role: kind_in_role(consumer, role, place) for role, place in given.items()}
    of_function = known.function_facts(function)
    filters = filter_facts(options.filters)
    return StreamFacts(
        kind=source.kind,
        retention=source.retention,
        batch_size=known.number(options.batch_size),
        batching_window=0 if window is None else known.seconds(window),
        parallelization_factor=known.number(options.parallelization_factor),
        tumbling_window=0 if tumbling is None else known.seconds(tumbling),
        starting_position=getattr(options.starting_position, "value", None),
        has_timestamp=options.starting_position_timestamp is not None,
        retry_attempts=planned.retries,
        max_record_age=planned.age,
        bridged=bridged_by(planned.retries, planned.age, source.retention),
        bisects=options.bisect_batch,
        filters=filters.filters,
        patterns=filters.patterns,
        no_patterns=filters.no_patterns,
        on_failure=kinds.get("on_failure"),
        set_aside=kinds.get("set_aside"),
        fifo=tuple((role, path_of(cast("IConstruct", place))) for role, place in given.items() if is_fifo(place)),
        function_timeout=of_function.timeout,
        reserved_concurrency=of_function.reserved_concurrency,
        region=known.text(place_of_stack(stack_of(consumer)).region),
        source_region=_region_of(source),
    )


def _region_of(source: StreamSource) -> str | None:
    # The ARN comes first: for an imported table, the CDK only knows the Region of the importing stack.
    arn = known.text(source.arn)
    return known.text(place_of(source.construct).region) if arn is None else arn.split(":")[3]
