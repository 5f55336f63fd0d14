"""Creates the alarms of a stream's consumer."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.monitoring.alarm_defaults import Meaning
from redrive_cdk.monitoring.alarms import AlarmOptions, each_minute, gather_alarms, make_alarm
from redrive_cdk.monitoring.metrics import function_metric
from redrive_model.facts.streams import StreamFacts
from redrive_model.limits import DAY


class StreamMetrics(Construct):
    """Metrics of `StreamConsumer`.

    Attributes:
        function: The function, version or alias.
        event_source_mapping: The event source mapping from the stream to the function.
        failure_queue: The queue that is the on-failure destination; `None` if the destination is no queue.
        set_aside_queue: The queue passed as `set_aside`; `None` if there is none or it is the on-failure destination.
    """

    function: lambda_.IFunction
    event_source_mapping: lambda_.EventSourceMapping
    failure_queue: sqs.IQueue | None
    set_aside_queue: sqs.IQueue | None

    def metric_iterator_age(self, **options: Any) -> cloudwatch.Metric:
        """Return the age of the last record of a batch when Lambda sent it to the function, in milliseconds.

        Lambda counts it by function: with several streams on one function, the metric covers all of them. Give each
        consumer its own alias to distinguish them.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "IteratorAge", **each_minute("Maximum", options))

    def metric_destination_delivery_failures(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of failed deliveries to the on-failure destination.

        Lambda counts them by function: with several streams on one function, the metric covers all of them. Give each
        consumer its own alias to distinguish them.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "DestinationDeliveryFailures", **each_minute("Sum", options))

    def metric_events_failed(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of records that Lambda gave up and delivered to the on-failure destination.

        Lambda publishes this metric only with `mapping_metrics`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._mapping_metric("OnFailureDestinationDeliveredEventCount", options)

    def metric_events_dropped(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of records that Lambda gave up and delivered nowhere.

        These records are lost when the stream's retention ends. Records that expire in the stream do not count. Lambda
        publishes this metric only with `mapping_metrics`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._mapping_metric("DroppedEventCount", options)

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of throttled reads of the stream, by all readers.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        raise NotImplementedError

    def metric_failures_visible(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of visible records in the queue that is the on-failure destination.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: The on-failure destination is no queue.
        """
        if self.failure_queue is None:
            raise ValueError(f"{self.node.path} has no queue as its on-failure destination: ask what was given")
        return _visible(self.failure_queue, options)

    def metric_set_aside_visible(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of visible records in the queue passed as `set_aside`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: There is no such queue, or it is the on-failure destination.
        """
        if self.set_aside_queue is None:
            raise ValueError(f"{self.node.path} was given no queue of its own for records set aside: see on_failure")
        return _visible(self.set_aside_queue, options)

    def _mapping_metric(self, name: str, options: dict[str, Any]) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/Lambda",
            metric_name=name,
            dimensions_map={"EventSourceMappingUUID": self.event_source_mapping.event_source_mapping_id},
            **each_minute("Sum", options),
        )


def _visible(queue: sqs.IQueue, options: dict[str, Any]) -> cloudwatch.Metric:
    return queue.metric_approximate_number_of_messages_visible(**each_minute("Maximum", options))


# Other readers can cause short throttling at any time; only continuous throttling delays records.
_THROTTLED_MINUTES = 5


class StreamAlarms(StreamMetrics):
    """Alarms of `StreamConsumer`, which documents each of them."""

    facts: StreamFacts
    _mapping_metrics: bool
    _alarm_options: Mapping[str, AlarmOptions | None]

    def _create_alarms(self) -> None:
        options = {name: chosen or AlarmOptions() for name, chosen in self._alarm_options.items()}
        throttle = self._alarm_options["throttle_alarm"] or AlarmOptions(evaluation_periods=_THROTTLED_MINUTES)
        self.iterator_age_alarm = self._create_iterator_age_alarm(options["iterator_age_alarm"])
        self.failed_alarm = self._create_failed_alarm(options["failed_alarm"])
        self.failure_queue_alarm = self._create_failure_queue_alarm(options["failure_queue_alarm"])
        self.set_aside_alarm = self._create_set_aside_alarm(options["set_aside_alarm"])
        self.dropped_alarm = self._create_dropped_alarm(options["dropped_alarm"])
        self.delivery_alarm = self._create_delivery_alarm(options["delivery_alarm"])
        self.throttle_alarm = self._create_throttle_alarm(throttle)
        self.alarms = gather_alarms(
            self.iterator_age_alarm,
            self.failed_alarm,
            self.failure_queue_alarm,
            self.set_aside_alarm,
            self.dropped_alarm,
            self.delivery_alarm,
            self.throttle_alarm,
        )

    def _create_iterator_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on the iterator age, at half of the time after which records are given up or expire.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
        return self._alarm(
            "IteratorAgeAlarm",
            options,
            "delayed",
            self.metric_iterator_age(),
            "or of what else feeds its function have waited for half of the time until they are given up, or expire in "
            "the stream: the function fails, is throttled, or does not keep up.",
            threshold=500 * self._record_end(),
        )

    def _record_end(self) -> float:
        ends = [end for end in (self.facts.max_record_age, self.facts.retention) if end is not None and end != inf]
        return min(ends, default=DAY)  # the shortest retention of any stream

    def _create_failed_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on given-up records in a topic or bucket; a queue has its own alarm.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
        if not self._mapping_metrics or self.facts.on_failure in (None, "queue"):
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
        """Create the alarm on records in the queue that is the on-failure destination.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
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
        """Create the alarm on records in the queue passed as `set_aside`.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
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
        """Create the alarm on given-up records that Lambda delivered nowhere.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
        if not self._mapping_metrics:
            return None
        return self._alarm(
            "DroppedAlarm",
            options,
            "lost",
            self.metric_events_dropped(),
            "were given up and are in no destination: read them from the stream again before its retention ends.",
        )

    def _create_delivery_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on failed deliveries to the on-failure destination.

        Args:
            options: Overrides by the user.

        Returns:
            The alarm, or `None` for none.
        """
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
        """Create the alarm on throttled reads.

        Args:
            options: Overrides by the user, or else 5 evaluation periods.

        Returns:
            The alarm, or `None` for none.
        """
        return self._alarm(
            "ThrottleAlarm",
            options,
            "delayed",
            self.metric_read_throttled(),
            "are delayed, since reads of the stream are throttled: it has more readers, or more to read, than it has "
            "throughput.",
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
    ) -> cloudwatch.Alarm | None:
        return make_alarm(
            self,
            id,
            options,
            means=means,
            metric=metric,
            threshold=threshold,
            description=f"Records of {self.node.path} {description}",
        )


# MERGED-DOC redrive_cdk.stream_metrics: CloudWatch metrics of a stream's consumer.
