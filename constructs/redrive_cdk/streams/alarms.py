"""Creates the alarms of a stream's consumer."""

from __future__ import annotations

from math import inf

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.failure_alarm import Meaning
from redrive_cdk.streams.metrics import StreamMetrics
from redrive_cdk.streams.options import StreamOptions
from redrive_model.facts.streams import StreamFacts
from redrive_model.limits import DAY

# Other readers can cause short throttling at any time; only continuous throttling delays records.
_THROTTLED_MINUTES = 5


class StreamAlarms(StreamMetrics):
    """Alarms of `StreamConsumer`, which documents each of them."""

    facts: StreamFacts
    _options: StreamOptions

    iterator_age_alarm: cloudwatch.Alarm | None
    failed_alarm: cloudwatch.Alarm | None
    failure_queue_alarm: cloudwatch.Alarm | None
    set_aside_alarm: cloudwatch.Alarm | None
    dropped_alarm: cloudwatch.Alarm | None
    delivery_alarm: cloudwatch.Alarm | None
    throttle_alarm: cloudwatch.Alarm | None

    def _create_iterator_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on the iterator age, at half of the time after which records are given up or expire."""
        return self._alarm(
            "IteratorAgeAlarm",
            options,
            "delayed",
            self.metric_iterator_age(),
            "or of what else feeds its function have waited for half of the time until they are given up, or expire in "
            "the stream: the function fails, is throttled, or does not keep up.",
            threshold=self._longest_normal_age(),
        )

    def _longest_normal_age(self) -> float:
        """Return half of the time after which records are given up or expire, in milliseconds."""
        ends = [end for end in (self.facts.max_record_age, self.facts.retention) if end is not None and end != inf]
        return 500 * min(ends, default=DAY)  # the shortest retention of any stream

    def _create_failed_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on given-up records in a topic or bucket; a queue has its own alarm."""
        if not self._options.mapping_metrics or self.facts.on_failure in (None, "queue"):
            return None
        return self._alarm(
            "FailedAlarm",
            options,
            "failed",
            self.metric_events_failed(),
            f"have failed for good, or become too old, and are in the {self.facts.on_failure} that is the on-failure "
            "destination: look at why, correct it, and replay them.",
        )

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records in the queue that is the on-failure destination."""
        if not self._is_watched(self.failure_queue):
            return None
        return self._alarm(
            "FailureQueueAlarm",
            options,
            "failed",
            self.metric_failures_visible(),
            "have failed for good, or become too old, and wait in the queue that is the on-failure destination: look "
            "at why, correct it, and replay them. Those that Lambda gave up have to be read from the stream again "
            "before its retention ends.",
        )

    def _create_set_aside_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on records in the queue passed as `set_aside`."""
        if not self._is_watched(self.set_aside_queue):
            return None
        return self._alarm(
            "SetAsideAlarm",
            options,
            "failed",
            self.metric_set_aside_visible(),
            "have failed for good, and the function has set them aside in their queue: look at why, correct it, and "
            "replay them.",
        )

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on given-up records that Lambda delivered nowhere."""
        if not self._options.mapping_metrics:
            return None
        return self._alarm(
            "DroppedAlarm",
            options,
            "lost",
            self.metric_events_dropped(),
            "were given up and are in no destination: read them from the stream again before its retention ends.",
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
        return self._alarm(
            "ThrottleAlarm",
            options,
            "delayed",
            self.metric_read_throttled(),
            "are delayed, since reads of the stream are throttled: it has more readers, or more to read, than it has "
            "throughput.",
            periods=_THROTTLED_MINUTES,
        )

    def _is_watched(self, queue: sqs.IQueue | None) -> bool:
        # CloudWatch keeps a queue's metrics in the queue's own Region and account.
        return queue is not None and not is_elsewhere(self, queue)

    def _alarm(
        self,
        id: str,
        options: AlarmOptions,
        means: Meaning,
        metric: cloudwatch.Metric,
        description: str,
        threshold: float = 1,
        periods: int = 1,
    ) -> cloudwatch.Alarm | None:
        return make_alarm(
            self,
            id,
            options,
            means=means,
            metric=metric,
            threshold=threshold,
            periods=periods,
            description=f"Records of {path_of(self)} {description}",
        )
