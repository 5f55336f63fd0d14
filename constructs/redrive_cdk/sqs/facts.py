"""Collects the facts about a queue's consumer that are known at synthesis."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings import Backoff
from redrive_cdk.core import known
from redrive_cdk.sqs import queues
from redrive_cdk.sqs.options import SqsOptions
from redrive_model.facts.sqs import SqsFacts


def gather(
    function: lambda_.IFunction, queue: sqs.IQueue, dead_letter_queue: sqs.IQueue | None, options: SqsOptions
) -> SqsFacts:
    """Collect the facts; call `queues.complete` first.

    Raises:
        ValueError: An option differs from what the queue has.
    """
    window, pollers = options.max_batching_window, options.provisioned_pollers
    return SqsFacts(
        fifo=queues.is_fifo(queue),
        dead_letter_fifo=queues.is_fifo(dead_letter_queue),
        dead_letter_is_source=queues.is_same(queue, dead_letter_queue),
        function_timeout=known.function_timeout(function),
        reserved_concurrency=known.reserved_concurrency(function),
        visibility_timeout=queues.visibility_timeout_of(queue, options.visibility_timeout),
        delivery_delay=queues.delivery_delay_of(queue),
        retention=queues.retention_of(queue),
        dead_letter_retention=queues.retention_of(dead_letter_queue),
        max_receive_count=queues.max_receive_count_of(queue, options.max_receive_count),
        batch_size=known.number(options.batch_size),
        batching_window=0 if window is None else known.seconds(window),
        max_concurrency=known.number(options.max_concurrency),
        minimum_pollers=None if pollers is None else known.number(pollers.minimum),
        maximum_pollers=None if pollers is None else known.number(pollers.maximum),
        longest_backoff=(options.backoff or Backoff()).longer().cap,
    )
