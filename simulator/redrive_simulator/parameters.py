"""Defines one parameter for each behavior that AWS leaves open or describes only roughly."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from redrive_model import limits
from redrive_model.schedules import asynchronous, deliveries, sqs, streams


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Values for behavior that AWS does not specify, or specifies only roughly. All durations are in seconds.

    Attributes:
        start: Virtual time at which a simulation starts, with a time zone. Default: noon on 1 January 2026, UTC.
        region: Region of the stack. Default: `eu-west-1`.
        account: Account of the stack. Default: `111111111111`.
        async_error_waits: Waits after the first and the second function error of an asynchronous invocation. Default:
            60 and 120. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html says "one
            minute" and "two minutes".
        async_error_jitter: Maximum by which each of these waits is longer or shorter, at random. Default: 0; up to 15
            was observed.
        async_throttle_base: First wait after a throttle or a service error of an asynchronous invocation; it doubles
            each time. Default: 1.
        async_throttle_cap: Longest such wait. Default: 300.
            https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html gives both limits, but not
            the curve.
        sqs_throttle_base: First wait before Lambda retries a throttled batch of messages, as long as their visibility
            timeout lasts; it doubles each time. Default: 1. AWS does not publish these intervals.
        sqs_throttle_cap: Longest such wait. Default: 60.
        sqs_initial_concurrency: Concurrent batches of a queue at first. Default: 5.
        sqs_concurrency_per_minute: Growth of this number per minute while there are more messages. Default: 300.
        sqs_maximum_concurrency: Upper limit of this number. Default: 1,250.
            https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
        deduplication_interval: Time for which a FIFO queue remembers a deduplication id. Default: 300.
        kinesis_poll_interval: Interval at which Lambda reads a Kinesis shard. Default: 1.
        dynamodb_poll_interval: Interval at which Lambda reads a shard of a DynamoDB stream. Default: 0.25.
        on_demand_shards: Number of shards of a Kinesis stream whose template does not set it. Default: 4, as a new
            on-demand stream has.
        dynamodb_shards: Number of shards of a DynamoDB stream. Default: 1.
        dynamodb_retention: Retention of a record in a DynamoDB stream. Default: 24 hours.
        stream_retry_base: Wait before the first retry of a stream's batch. Default: 1.
        stream_retry_factor: Factor by which this wait grows with each retry. Default: 1.5, which gives the 8 or 9
            attempts in 60 s that were observed; AWS does not publish the curve.
        stream_retry_cap: Longest such wait. Default: 60.
        stream_split_wait: Wait before the first half of a bisected batch. Default: 0.
        stream_checkpoint_wait: Wait before the rest of a batch after a checkpoint that made progress. Default: 0.
        tell_destination_of_expired: Whether the on-failure destination gets a record of records that expired in the
            stream while they waited. Default: no; AWS documents no such record.
        cold_start: Time that the start of an execution environment takes, besides that which the module of a handler
            from an assembly takes itself. Default: 0; AWS does not specify it.
        large_sns_records: What becomes of a record above the 256 KB of a topic: `"refused"`, so that the delivery fails
            (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html), or
            `"without payloads"`, so that Lambda leaves request and response out
            (https://docs.aws.amazon.com/lambda/latest/api/API_OnFailure.html). Default: `"refused"`.
        rule_retry_base: First wait before EventBridge tries a delivery again; it doubles each time. Default: 1.
            S3 has the same waits: AWS documents none for it.
        rule_retry_cap: Longest such wait. Default: 480, with which 185 retries take about 24 hours;
            https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html does not give the curve.
        notification_age: Time for which S3 tries to deliver a notification. Default: 24 hours. AWS documents neither
            its retries nor their end, but that notifications "are designed to be delivered at least once":
            https://docs.aws.amazon.com/AmazonS3/latest/userguide/EventNotifications.html
        ttl_delay: Time after which DynamoDB deletes an expired item. Default: 2 days;
            https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html says "within a few days".
        account_concurrency: Concurrent invocations of the whole account. Default: 1,000.
        recursion_limit: Invocations of one function in a chain of requests after which Lambda stops the next. Default:
            16. https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html says "approximately".
        longest_work: Real time that a handler may work without a wait and without a call of AWS; after that the run
            ends with an error, as the code hangs: work takes no virtual time. Default: 60.
        keep_history: Whether the timeline is kept. Without it a simulation of millions of events takes less memory.
            Default: yes.

    Raises:
        ValueError: `start` has no time zone, `large_sns_records` is none of the two, `longest_work` is not above 0, or
            a base wait or the Kinesis poll interval is not, which would stop virtual time.
    """

    start: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)
    region: str = "eu-west-1"
    account: str = "111111111111"
    async_error_waits: tuple[float, float] = asynchronous.ERROR_WAITS
    async_error_jitter: float = 0.0
    async_throttle_base: float = asynchronous.THROTTLE_BASE
    async_throttle_cap: float = asynchronous.THROTTLE_CAP
    sqs_throttle_base: float = sqs.THROTTLE_BASE
    sqs_throttle_cap: float = sqs.THROTTLE_CAP
    sqs_initial_concurrency: int = sqs.INITIAL_CONCURRENCY
    sqs_concurrency_per_minute: float = sqs.CONCURRENCY_PER_MINUTE
    sqs_maximum_concurrency: int = sqs.MAXIMUM_CONCURRENCY
    deduplication_interval: float = float(limits.DEDUPLICATION_INTERVAL)
    kinesis_poll_interval: float = streams.KINESIS_POLL_INTERVAL
    dynamodb_poll_interval: float = streams.DYNAMODB_POLL_INTERVAL
    on_demand_shards: int = limits.ON_DEMAND_SHARDS
    dynamodb_shards: int = 1
    dynamodb_retention: float = float(limits.DYNAMODB_RETENTION)
    stream_retry_base: float = streams.RETRY_BASE
    stream_retry_factor: float = streams.RETRY_FACTOR
    stream_retry_cap: float = streams.RETRY_CAP
    stream_split_wait: float = 0.0
    stream_checkpoint_wait: float = 0.0
    tell_destination_of_expired: bool = False
    cold_start: float = 0.0
    large_sns_records: Literal["refused", "without payloads"] = "refused"
    rule_retry_base: float = deliveries.RULE_BASE
    rule_retry_cap: float = deliveries.RULE_CAP
    notification_age: float = float(limits.DAY)
    ttl_delay: float = 172_800.0
    account_concurrency: int = limits.ACCOUNT_CONCURRENCY
    recursion_limit: int = limits.RECURSION_LIMIT
    longest_work: float = 60.0
    keep_history: bool = True

    def __post_init__(self) -> None:
        if self.start.tzinfo is None:
            raise ValueError(f"start={self.start!r} has no time zone: give datetime(…, tzinfo=UTC)")
        for name in (
            *("async_throttle_base", "sqs_throttle_base", "stream_retry_base", "kinesis_poll_interval"),
            "rule_retry_base",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name}={getattr(self, name)!r}: virtual time would stand still; give more than 0 s")
        if self.longest_work <= 0:
            raise ValueError(
                f"longest_work={self.longest_work!r}: every handler would work too long; give more than 0 s"
            )
        if self.large_sns_records not in ("refused", "without payloads"):
            raise ValueError(f"large_sns_records={self.large_sns_records!r}: give 'refused' or 'without payloads'")
