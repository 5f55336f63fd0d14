"""Creates the event source mapping from a queue to a function."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.core.creation import create
from redrive_cdk.monitoring.metrics import event_count
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.sqs.options import SqsOptions


def make_mapping(
    scope: Construct, function: lambda_.IFunction, source: KnownQueue, options: SqsOptions
) -> lambda_.EventSourceMapping:
    """Create the event source mapping, which reports batch item failures."""
    mapping = create(
        lambda_.EventSourceMapping,
        lambda_.EventSourceMappingProps,
        scope,
        "EventSourceMapping",
        target=function,
        event_source_arn=source.arn,
        batch_size=options.batch_size,
        max_batching_window=options.max_batching_window,
        max_concurrency=options.max_concurrency,
        report_batch_item_failures=True,
        filters=None if options.filters is None else list(options.filters),
        enabled=options.enabled,
        metrics_config=event_count() if options.mapping_metrics else None,
    )
    if options.provisioned_pollers is not None:
        options.provisioned_pollers.put_on(mapping)
    return mapping
