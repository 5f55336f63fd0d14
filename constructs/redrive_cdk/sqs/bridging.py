"""Plans how a consumer's queue bridges an outage."""

from __future__ import annotations

from aws_cdk import Duration

from redrive_cdk.core import known
from redrive_cdk.core.durations import length_of
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.sqs.options import SqsOptions
from redrive_model import limits
from redrive_model.schedules.sqs_plan import Asked, Plan, plan, refusal


def plan_for(path: str, options: SqsOptions, function_timeout: float | None, source: KnownQueue | None) -> Plan:
    """Plan receives, visibility timeout and waits.

    Args:
        path: The consumer's path.
        options: The consumer's options.
        function_timeout: The function's timeout in seconds.
        source: The source queue; `None` if the consumer is about to create it.

    Raises:
        ValueError: The length of the outage cannot be bridged, or contradicts another option or the queue.
    """
    window = options.max_batching_window
    has_receives, receives = _receives(options, source)
    has_visibility, visibility = _visibility_timeout(options, source)
    asked = Asked(
        bridges=length_of(path, "bridges", options.bridges),
        fifo=bool(options.fifo if source is None else source.fifo),
        receives=receives,
        has_receives=has_receives,
        backoff=options.backoff,
        visibility_timeout=visibility,
        has_visibility_timeout=has_visibility,
        function_timeout=function_timeout,
        batching_window=0 if window is None else known.seconds(window),
        retention=_retention(options.retention_period) if source is None else source.retention,
    )
    complaint = refusal(asked)
    if complaint is not None:
        raise ValueError(f"{path}: {complaint}")
    return plan(asked)


def _receives(options: SqsOptions, source: KnownQueue | None) -> tuple[bool, float | None]:
    if source is None or (source.is_made and source.redrive_policy is None):
        return options.max_receive_count is not None, known.number(options.max_receive_count)
    return True, source.max_receive_count(options.max_receive_count)


def _visibility_timeout(options: SqsOptions, source: KnownQueue | None) -> tuple[bool, float | None]:
    if source is None or (source.is_made and source.properties.get("visibilityTimeout") is None):
        return options.visibility_timeout is not None, known.seconds(options.visibility_timeout)
    return True, source.visibility_timeout(options.visibility_timeout)


def _retention(given: Duration | None) -> float | None:
    return limits.DEFAULT_RETENTION if given is None else known.seconds(given)
