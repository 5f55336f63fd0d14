"""The options of `AsyncInvocation`, and the refusal of unused options."""

from __future__ import annotations

from dataclasses import dataclass

from aws_cdk import Duration, RemovalPolicy

from redrive_cdk.asynchronous.counting import AttemptCounting
from redrive_cdk.core.types import AnyDestination, AnyKey
from redrive_cdk.core.unused_options import Part, refuse_unused


@dataclass(frozen=True, slots=True, kw_only=True)
class AsyncOptions:
    """The options of `AsyncInvocation`, which documents each of them."""

    retry_attempts: int | None
    max_event_age: Duration | None
    on_failure: AnyDestination | None
    make_failure_queue: bool | None
    failure_queue_retention_period: Duration | None
    failure_queue_removal_policy: RemovalPolicy | None
    encryption_key: AnyKey | None
    count_attempts: AttemptCounting


def refuse_unused_options(path: str, options: AsyncOptions, *, makes_queue: bool) -> None:
    """Raise ValueError for an option of a resource that is not created here, and for two places for failed events."""
    if options.make_failure_queue and options.on_failure is not None:
        raise ValueError(
            f"{path}: make_failure_queue=True and on_failure: records go to one place; leave one of them unset"
        )
    of_queue = {
        "failure_queue_retention_period": options.failure_queue_retention_period,
        "failure_queue_removal_policy": options.failure_queue_removal_policy,
    }
    makes_any = makes_queue or options.count_attempts.makes_store
    refuse_unused(
        path,
        "AsyncInvocation",
        Part("a queue", makes_queue, of_queue),
        Part("the queue, table or bucket", makes_any, {"encryption_key": options.encryption_key}),
    )
