"""What AWS does not say, or says only roughly: one parameter each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Where AWS is silent, or leaves room, the simulation goes by these. All durations are in seconds.

    Attributes:
        start: The virtual time at which a simulation starts. Default: noon on 1 January 2026, UTC.
        region: The Region of the stack. Default: `eu-west-1`.
        account: Its account. Default: `111111111111`.
        async_error_waits: The waits after the first and the second function error of an asynchronous invocation: 60 and
            120. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html says "one minute"
            and "two minutes".
        async_error_jitter: These waits are longer or shorter by up to this, drawn anew each time. Default: 0; up to 15
            was observed.
        async_throttle_base: The first wait after a throttle or a service error of an asynchronous invocation; it
            doubles with each. Default: 1.
        async_throttle_cap: The longest such wait. Default: 300. The same page gives both bounds, and not the curve.
        sqs_throttle_base: The first wait after which Lambda tries a throttled batch of messages again, until their
            visibility timeout is over; it doubles with each. Default: 1. AWS publishes no cadence.
        sqs_throttle_cap: The longest such wait. Default: 60.
        sqs_initial_concurrency: Batches of a queue at a time, at first. Default: 5.
        sqs_concurrency_per_minute: By how many that grows in a minute while there are more messages. Default: 300.
        sqs_maximum_concurrency: Where that ends. Default: 1,250.
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
        deduplication_interval: For how long a FIFO queue knows a deduplication id. Default: 300.
        kinesis_poll_interval: How often Lambda reads a Kinesis shard. Default: 1.
        dynamodb_poll_interval: How often it reads a shard of a DynamoDB stream. Default: 0.25.
        on_demand_shards: The shards of a Kinesis stream whose template does not number them. Default: 4, as a new
            on-demand stream has.
        dynamodb_shards: The shards of a DynamoDB stream. Default: 1.
        dynamodb_retention: How long a DynamoDB stream keeps a record. Default: 24 hours.
        stream_retry_base: The wait before the first retry of a stream's batch. Default: 1.
        stream_retry_factor: By what it grows with each retry. Default: 1.5, which gives the 8 or 9 tries in 60 s that
            were observed; AWS publishes no curve.
        stream_retry_cap: The longest such wait. Default: 60.
        stream_split_wait: The wait before the first half of a batch that was cut in two. Default: 0.
        stream_checkpoint_wait: The wait before the rest behind a checkpoint that made progress. Default: 0.
        tell_destination_of_expired: Whether the on-failure destination hears of records that the stream itself has
            forgotten while they waited. Default: no; AWS documents nothing of the sort.
        account_concurrency: Concurrent invocations of the whole account. Default: 1,000.
        recursion_limit: Invocations of one function in a chain of requests after which Lambda stops the next. Default:
            16. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html says "approximately".
        keep_history: Whether the timeline is kept. Without it a simulation of millions of events takes less memory.
            Default: yes.
    """

    start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    region: str = "eu-west-1"
    account: str = "111111111111"
    async_error_waits: tuple[float, float] = (60.0, 120.0)
    async_error_jitter: float = 0.0
    async_throttle_base: float = 1.0
    async_throttle_cap: float = 300.0
    sqs_throttle_base: float = 1.0
    sqs_throttle_cap: float = 60.0
    sqs_initial_concurrency: int = 5
    sqs_concurrency_per_minute: float = 300.0
    sqs_maximum_concurrency: int = 1250
    deduplication_interval: float = 300.0
    kinesis_poll_interval: float = 1.0
    dynamodb_poll_interval: float = 0.25
    on_demand_shards: int = 4
    dynamodb_shards: int = 1
    dynamodb_retention: float = 86_400.0
    stream_retry_base: float = 1.0
    stream_retry_factor: float = 1.5
    stream_retry_cap: float = 60.0
    stream_split_wait: float = 0.0
    stream_checkpoint_wait: float = 0.0
    tell_destination_of_expired: bool = False
    account_concurrency: int = 1000
    recursion_limit: int = 16
    keep_history: bool = True

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError(f"start={self.start!r} has no time zone: give datetime(…, tzinfo=UTC)")
        for name in ("async_throttle_base", "sqs_throttle_base", "stream_retry_base", "kinesis_poll_interval"):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: virtual time would stand still; give more than 0 s")


def growing_wait(base: float, factor: float, cap: float, number: int) -> float:
    """`min(base × factor^number, cap)`.

    Args:
        base: Seconds.
        factor: 1 or more.
        cap: Seconds.
        number: How many waits came before, from 0.
    """
    try:
        return min(base * factor**number, cap)
    except OverflowError:
        return cap
