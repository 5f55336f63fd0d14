"""Creates the event source mapping from a stream to a function."""

from __future__ import annotations

from math import inf

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IDependable

from redrive_cdk.core.creation import create
from redrive_cdk.core.destinations import arn_of
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.tree import node_of, resource_of
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.monitoring.metrics import event_count
from redrive_cdk.streams.facts import StreamSource
from redrive_cdk.streams.options import StreamOptions
from redrive_model.schedules.stream_plan import StreamPlan

# "infinite" in Lambda's API.
_INFINITE = -1


def make_mapping(
    scope: Construct,
    function: lambda_.IFunction,
    source: StreamSource,
    options: StreamOptions,
    planned: StreamPlan,
    *,
    on_failure: AnyDeadLetterTarget | AnyBucket | None,
    permissions: IDependable,
) -> lambda_.EventSourceMapping:
    """Create the event source mapping, which reports batch item failures.

    It sets all values explicitly, so that the template shows them.
    """
    age, retries = options.max_record_age, options.retry_attempts
    if retries is None:
        assert planned.retries is not None
        retries = "infinite" if planned.retries == inf else int(planned.retries)
    mapping = create(
        lambda_.EventSourceMapping,
        lambda_.EventSourceMappingProps,
        scope,
        "EventSourceMapping",
        target=function,
        event_source_arn=source.mapped_arn,
        batch_size=options.batch_size,
        max_batching_window=options.max_batching_window or of_seconds(0),
        parallelization_factor=options.parallelization_factor,
        tumbling_window=options.tumbling_window,
        starting_position=options.starting_position,
        starting_position_timestamp=options.starting_position_timestamp,
        retry_attempts=_INFINITE if isinstance(retries, str) else retries,
        max_record_age=of_seconds(planned.age) if age is None and planned.age is not None else None,
        bisect_batch_on_error=options.bisect_batch,
        report_batch_item_failures=True,
        filters=None if options.filters is None else list(options.filters),
        enabled=options.enabled,
        metrics_config=event_count() if options.mapping_metrics else None,
    )
    resource = resource_of(mapping)
    assert isinstance(resource, lambda_.CfnEventSourceMapping)
    # Set on the resource: the L2 construct supports neither an infinite age nor one that only the deployment knows,
    # and its destinations grant more than delivery needs.
    if age is not None:
        resource.maximum_record_age_in_seconds = age.to_seconds() if isinstance(age, Duration) else _INFINITE
    if on_failure is not None:
        resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=arn_of(on_failure))
        )
    # Lambda checks the permissions to read and to deliver when the mapping is created.
    node_of(mapping).add_dependency(permissions)
    return mapping
