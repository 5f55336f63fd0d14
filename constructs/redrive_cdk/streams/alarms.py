"""Creates the alarms of a stream's consumer."""

from __future__ import annotations

from math import inf
from typing import cast

from aws_cdk import IResource
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs

from redrive.settings import MetricName
from redrive_cdk.core.destinations import arn_of
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.placement import is_arn_elsewhere, is_elsewhere
from redrive_cdk.core.tree import path_of, physical_name_of
from redrive_cdk.core.types import AnyBucket, AnyDeadLetterTarget
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.commands import replay
from redrive_cdk.monitoring.failure_ages import make_failure_age_alarm
from redrive_cdk.monitoring.failure_alarm import Meaning
from redrive_cdk.monitoring.helper_alarms import make_not_set_aside_alarm
from redrive_cdk.monitoring.metrics import combined, helper_metric
from redrive_cdk.streams.facts import StreamSource
from redrive_cdk.streams.metrics import StreamMetrics
from redrive_cdk.streams.options import StreamOptions
from redrive_model.facts.streams import StreamFacts
from redrive_model.limits import DAY

# Other readers can cause short throttling at any time; only continuous throttling delays records.
_THROTTLED_MINUTES = 5
# A record can arrive in one period and be polled in the next, and Lambda's counts may come later than those of the
# stream: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html (FILL).
_UNPOLLED_PERIOD, _UNPOLLED_PERIODS, _UNPOLLED_WINDOW = 300, 3, 12


class StreamAlarms(StreamMetrics):
    """Alarms of `StreamConsumer`. Each is `None` if it is disabled or has nothing to watch.

    Attributes:
        iterator_age_alarm: Fires when records have waited for half of the time after which they are given up or expire.
            It cannot see records for which the function is not invoked: `unpolled_alarm` does.
        unpolled_alarm: Fires when records arrive in the stream and Lambda polls none, in 3 periods of 5 minutes within
            an hour: the mapping is disabled, paused or broken, or a batch blocks it. Of a DynamoDB table, written
            capacity stands for records: writes that change nothing count, and deletions by TTL do not. The alarm
            cannot see fewer records than one in 3 of these periods, nor that one shard of several stands still.
        failed_alarm: Fires when Lambda has given up a record, if the destination is a topic or bucket.
        failure_queue_alarm: Fires when a record is in the queue that is the destination.
        failure_age_alarm: Fires when a record has been in `failure_queue` for half of its retention.
        set_aside_alarm: Fires when the helper sets a record aside in a bucket, or when a record is in the queue passed
            as `set_aside`.
        set_aside_age_alarm: Fires when a record has been in `set_aside_queue` for half of its retention.
        not_set_aside_alarm: Fires when the function's helper could not set aside or dead-letter an event.
        dropped_alarm: Fires when Lambda has given up a record and delivered it nowhere.
        delivery_alarm: Fires when Lambda could not deliver to the destination.
        throttle_alarm: Fires when reads of the stream are throttled for minutes.
    """

    source: StreamSource
    facts: StreamFacts
    iterator_age_alarm: cloudwatch.Alarm | None
    unpolled_alarm: cloudwatch.Alarm | None
    failed_alarm: cloudwatch.Alarm | None
    failure_queue_alarm: cloudwatch.Alarm | None
    failure_age_alarm: cloudwatch.Alarm | None
    set_aside_alarm: cloudwatch.Alarm | None
    set_aside_age_alarm: cloudwatch.Alarm | None
    not_set_aside_alarm: cloudwatch.Alarm | None
    dropped_alarm: cloudwatch.Alarm | None
    delivery_alarm: cloudwatch.Alarm | None
    throttle_alarm: cloudwatch.Alarm | None
    failure_bucket: s3.IBucket | None
    on_failure: AnyDeadLetterTarget | AnyBucket | None
    _options: StreamOptions
    _set_aside_prefix: str

    def _set_aside_bucket(self) -> s3.IBucket | None:
        """Return the bucket in which the helper sets records aside."""
        raise NotImplementedError

    def _create_iterator_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on the iterator age, at half of the time after which records are given up or expire."""
        return self._alarm(
            "IteratorAgeAlarm",
            options,
            "delayed",
            self.metric_iterator_age(),
            "or of what else feeds its function have waited for half of the time until they are given up, or expire in "
            "the stream: the function fails, is throttled, or does not keep up. Look at its errors, throttles and "
            "duration; give it more concurrency, larger batches or a higher parallelization_factor.",
            threshold=self._longest_normal_age(),
        )

    def _longest_normal_age(self) -> float:
        """Return half of the time after which records are given up or expire, in milliseconds."""
        ends = [end for end in (self.facts.max_record_age, self.facts.retention) if end is not None and end != inf]
        return 500 * min(ends, default=DAY)  # the shortest retention of any stream

    def _create_unpolled_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records of which Lambda polls none."""
        if not self._options.mapping_metrics or self._is_source_elsewhere():
            return None
        period = of_seconds(_UNPOLLED_PERIOD)
        return self._alarm(
            "UnpolledAlarm",
            options,
            "delayed",
            combined(
                # A mapping that is disabled has no data.
                "IF(arrived > 0 AND FILL(polled, 0) == 0, 1, 0)",
                period,
                arrived=self.metric_arrived(period=period),
                polled=self.metric_polled(period=period),
            ),
            "arrive, and Lambda polls none: the event source mapping is disabled, paused by a circuit breaker, or may "
            "not read the stream; or a batch blocks it, since the function fails or is throttled. They expire in the "
            f"stream. Look at its state: aws lambda list-event-source-mappings --event-source-arn {self.source.arn}. "
            "Enable it, close the circuit, or correct the role's permissions, the function or its concurrency.",
            periods=_UNPOLLED_PERIODS,
            window=_UNPOLLED_WINDOW,
        )

    def _create_failed_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on given-up records in a topic or bucket; a queue has its own alarm."""
        if not self._options.mapping_metrics or self.facts.on_failure in (None, "queue"):
            return None
        bring_back = (
            self._bring_back_from(cast("s3.IBucket", self.on_failure), "aws/lambda/")
            if self.facts.on_failure == "bucket"
            else "Look at why where the topic's subscribers keep them, correct it, and read them from the stream again "
            "before its retention ends."
        )
        return self._alarm(
            "FailedAlarm",
            options,
            "failed",
            self.metric_events_failed(),
            f"have failed permanently, or become too old, and are in the {self.facts.on_failure} that is the "
            f"on-failure destination. {bring_back}",
        )

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records in the queue that is the on-failure destination."""
        if self.failure_queue is None or not self._is_watched(self.failure_queue):
            return None
        arn = arn_of(self.failure_queue)
        return self._alarm(
            "FailureQueueAlarm",
            options,
            "failed",
            self.metric_failures_visible(),
            "have failed permanently, or become too old, and wait in the queue that is the on-failure destination. "
            f"Look at why: redrive failures {arn}. Correct it, and bring them back: {replay(arn)}. Those that Lambda "
            "gave up are read from the stream again, which must happen before its retention ends.",
        )

    def _create_failure_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records that have waited in the on-failure destination, a queue, for long."""
        return self._age_alarm("FailureAgeAlarm", options, self.failure_queue)

    def _create_set_aside_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records that the helper sets aside in a bucket, or in the queue passed as `set_aside`."""
        bucket = self._set_aside_bucket()
        if bucket is not None:
            return self._alarm(
                "SetAsideAlarm",
                options,
                "failed",
                helper_metric(self._options.metric_namespace, self.function, MetricName.SET_ASIDE),
                "or of what else feeds its function have failed permanently, and the function has set them aside. "
                + self._bring_back_from(bucket, self._set_aside_prefix),
            )
        if self.set_aside_queue is None or not self._is_watched(self.set_aside_queue):
            return None
        arn = arn_of(self.set_aside_queue)
        return self._alarm(
            "SetAsideAlarm",
            options,
            "failed",
            self.metric_set_aside_visible(),
            "have failed permanently, and the function has set them aside in their queue. Look at why: redrive "
            f"failures {arn}. Correct it, and bring them back: {replay(arn)}.",
        )

    def _create_set_aside_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records that have waited in the queue passed as `set_aside` for long."""
        return self._age_alarm("SetAsideAgeAlarm", options, self.set_aside_queue)

    def _create_not_set_aside_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records that the helper could not set aside."""
        namespace = self._options.metric_namespace
        return make_not_set_aside_alarm(self, options, namespace=namespace, function=self.function)

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on given-up records that Lambda delivered nowhere."""
        if not self._options.mapping_metrics:
            return None
        return self._alarm(
            "DroppedAlarm",
            options,
            "lost",
            self.metric_events_dropped(),
            "were given up and are in no destination. Look at the function's log for the reason, and read them from "
            "the stream again before its retention ends. Give the consumer an on_failure destination.",
        )

    def _create_delivery_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on failed deliveries to the on-failure destination."""
        if self.facts.on_failure is None:
            return None
        return self._alarm(
            "DeliveryAlarm",
            options,
            "lost",
            self.metric_destination_delivery_failures(),
            "or of what else feeds its function were given up, and could not be delivered to the on-failure "
            "destination: look at the role's permissions and at the destination and its key, and read them from the "
            "stream again before its retention ends.",
        )

    def _create_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on throttled reads."""
        if self._is_source_elsewhere():
            return None
        return self._alarm(
            "ThrottleAlarm",
            options,
            "delayed",
            self.metric_read_throttled(),
            "are delayed, since reads of the stream are throttled: it has more readers, or more to read, than it has "
            "throughput. Give it more shards or enhanced fan-out, or fewer readers.",
            periods=_THROTTLED_MINUTES,
        )

    def _is_source_elsewhere(self) -> bool:
        # CloudWatch keeps the metrics of a stream of another account there.
        return is_elsewhere(self, cast("IResource", self.source.construct)) or is_arn_elsewhere(self, self.source.arn)

    def _is_watched(self, queue: sqs.IQueue) -> bool:
        # CloudWatch keeps a queue's metrics in the queue's own Region and account.
        return not is_elsewhere(self, queue)

    def _age_alarm(self, id: str, options: AlarmOptions, queue: sqs.IQueue | None) -> cloudwatch.Alarm | None:
        if queue is None or not self._is_watched(queue):
            return None
        return make_failure_age_alarm(self, id, options, queue=queue)

    def _bring_back_from(self, bucket: s3.IBucket, prefix: str) -> str:
        where = f"s3://{physical_name_of(bucket)}/{prefix}"
        return f"Look at why: redrive failures {where}. Correct it, and bring them back: {replay(where)}."

    def _alarm(
        self,
        id: str,
        options: AlarmOptions,
        means: Meaning,
        metric: cloudwatch.Metric | cloudwatch.MathExpression,
        description: str,
        threshold: float = 1,
        periods: int = 1,
        window: int | None = None,
    ) -> cloudwatch.Alarm | None:
        return make_alarm(
            self,
            id,
            options,
            means=means,
            metric=cast("cloudwatch.IMetric", metric),
            threshold=threshold,
            periods=periods,
            window=window,
            description=f"Records of {path_of(self)} {description}",
        )
