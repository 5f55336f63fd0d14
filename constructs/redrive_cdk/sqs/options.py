"""The options of `SqsConsumer`, and the refusal of unused options."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_sqs as sqs

from redrive.settings import Backoff
from redrive_cdk.core.types import AnyKey
from redrive_cdk.core.unused_options import Part, refuse_unused
from redrive_cdk.sqs.pollers import ProvisionedPollers


@dataclass(frozen=True, slots=True, kw_only=True)
class SqsOptions:
    """The options of `SqsConsumer`, which documents each of them."""

    queue: sqs.IQueue | None
    bridges: Duration | None
    max_receive_count: int | None
    visibility_timeout: Duration | None
    fifo: bool | None
    content_based_deduplication: bool | None
    high_throughput: bool | None
    delivery_delay: Duration | None
    retention_period: Duration | None
    removal_policy: RemovalPolicy | None
    dead_letter_retention_period: Duration | None
    dead_letter_removal_policy: RemovalPolicy | None
    encryption_key: AnyKey | None
    batch_size: int
    max_batching_window: Duration | None
    max_concurrency: int | None
    provisioned_pollers: ProvisionedPollers | None
    filters: Sequence[Mapping[str, Any]] | None
    mapping_metrics: bool
    enabled: bool
    backoff: Backoff | None


def refuse_unused_options(path: str, options: SqsOptions, *, makes_dead_letter_queue: bool) -> None:
    """Raise ValueError for an option of a queue that is not created here, or of FIFO queues on a standard queue."""
    makes_queue = options.queue is None
    of_fifo = {
        "content_based_deduplication": options.content_based_deduplication,
        "high_throughput": options.high_throughput,
    }
    of_queue = {
        "fifo": options.fifo,
        **of_fifo,
        "delivery_delay": options.delivery_delay,
        "retention_period": options.retention_period,
        "removal_policy": options.removal_policy,
    }
    of_dead_letter_queue = {
        "dead_letter_retention_period": options.dead_letter_retention_period,
        "dead_letter_removal_policy": options.dead_letter_removal_policy,
    }
    refuse_unused(
        path,
        "SqsConsumer",
        Part("a queue", makes_queue, of_queue),
        Part("a dead-letter queue", makes_dead_letter_queue, of_dead_letter_queue),
        Part("queues", makes_queue or makes_dead_letter_queue, {"encryption_key": options.encryption_key}),
    )
    for name, value in of_fifo.items():
        if value and not options.fifo:
            raise ValueError(
                f"{path}: {name}=True on a standard queue: only FIFO queues have it; set fifo=True, or leave {name} "
                "unset"
            )
