"""Alarms of `SqsConsumer`."""

from __future__ import annotations

from math import ceil

from aws_cdk import aws_cloudwatch as cloudwatch

from redrive.settings import MetricName
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.commands import move_back, replay
from redrive_cdk.monitoring.failure_ages import make_failure_age_alarm
from redrive_cdk.monitoring.helper_alarms import make_not_set_aside_alarm
from redrive_cdk.monitoring.metrics import combined, helper_metric
from redrive_cdk.sqs.known_queue import KnownQueue
from redrive_cdk.sqs.metrics import SqsMetrics
from redrive_cdk.sqs.options import SqsOptions
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules.sqs import longest_time

# The metric ignores messages of a standard queue that were received more often:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
_RECEIVES_IN_METRIC = 3
# Busy functions and new pollers let messages wait for minutes, and no longer than a function may run.
_UNRECEIVED_MINUTES = 15
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_MOST_MINUTES = 24 * 60


class SqsAlarms(SqsMetrics):
    """Alarms of `SqsConsumer`. Each is `None` if it is disabled or has nothing to watch.

    Attributes:
        facts: Facts that are known at synthesis; times in seconds.
        dead_letter_alarm: Fires when a message is in the dead-letter queue.
        dead_letter_age_alarm: Fires when a message has been in the dead-letter queue for half of its retention.
        age_alarm: Fires when a message waits longer than its retries may take.
        unreceived_alarm: Fires when messages are visible and nobody receives any: while the mapping is disabled, paused
            or broken. It cannot see that a mapping is slow, nor that another reader of the queue receives messages.
        filtered_alarm: Fires when a message matches none of the filters, and Lambda deletes it.
        not_set_aside_alarm: Fires when the function's helper could not dead-letter or set aside an event.
        untried_alarm: Fires when a message was not started at its last receive.
    """

    facts: SqsFacts
    dead_letter_alarm: cloudwatch.Alarm | None
    dead_letter_age_alarm: cloudwatch.Alarm | None
    age_alarm: cloudwatch.Alarm | None
    unreceived_alarm: cloudwatch.Alarm | None
    filtered_alarm: cloudwatch.Alarm | None
    not_set_aside_alarm: cloudwatch.Alarm | None
    untried_alarm: cloudwatch.Alarm | None
    _options: SqsOptions
    _source: KnownQueue
    _dead_letters: KnownQueue | None
    _namespace: str

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages in the dead-letter queue."""
        if self._dead_letters is None or not self._is_watched(self._dead_letters):
            return None
        arn = self._dead_letters.arn
        return make_alarm(
            self,
            "DeadLetterAlarm",
            options,
            means="failed",
            metric=self.metric_dead_letters(),
            description=(
                f"Messages of {path_of(self)} have failed permanently and wait in the dead-letter queue. Look at why: "
                f"redrive failures {arn}. Correct the cause, then bring them back: {replay(arn)}; or all, unedited: "
                f"{move_back(arn, self._source.arn)}. If no time was left, or if the metric Untried counts them, they "
                "were never started: give the function more time or concurrency, or smaller batches."
            ),
        )

    def _create_dead_letter_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages that nobody has brought back for half of the dead-letter queue's retention."""
        if self._dead_letters is None or not self._is_watched(self._dead_letters):
            return None
        retention = self.facts.dead_letter_retention
        queue = self._dead_letters.queue
        return make_failure_age_alarm(self, "DeadLetterAgeAlarm", options, queue=queue, retention=retention)

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on the age of the oldest message."""
        if not self._is_watched(self._source):
            return None
        return make_alarm(
            self,
            "AgeAlarm",
            options,
            means="delayed",
            metric=self.metric_oldest_message_age(),
            threshold=self._longest_normal_age(),
            description=(
                f"A message of {path_of(self)} has waited for longer than its receives may take: the function does "
                "not keep up, or is not called. Look at its errors and throttles, and whether the event source mapping "
                "is enabled; give the function more concurrency. Messages are deleted when the queue's retention ends. "
                "The metric SentBack counts those for which there was no time at their last receive: they are new "
                "messages now, so they are older than this alarm says."
            ),
        )

    def _create_unreceived_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages of which none is received."""
        if not self._is_watched(self._source):
            return None
        return make_alarm(
            self,
            "UnreceivedAlarm",
            options,
            means="delayed",
            metric=combined(
                # A queue that nobody asks for messages has no data on received ones.
                "IF(waiting > 0 AND FILL(received, 0) == 0, 1, 0)",
                of_seconds(60),
                waiting=self.metric_waiting(),
                received=self.metric_received(),
            ),
            periods=self._longest_normal_pause(),
            description=(
                f"Messages of {path_of(self)} wait in {self._source.arn}, and Lambda receives none: the event source "
                "mapping is disabled, paused by a circuit breaker, or may not read the queue. Look at its state: aws "
                f"lambda list-event-source-mappings --event-source-arn {self._source.arn}. Enable it, close the "
                "circuit, or correct the permissions of the function's role and of the queue's key."
            ),
        )

    def _create_filtered_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages that match no filter, which Lambda deletes."""
        if not self._options.filters or not self._options.mapping_metrics:
            return None
        return make_alarm(
            self,
            "FilteredAlarm",
            options,
            means="lost",
            metric=self.metric_filtered_out(),
            description=(
                f"Messages of {path_of(self)} matched none of its filters, and Lambda has deleted them. Compare the "
                "filters with what is sent; look at FilteredOutEventCount to see since when. Filter where messages are "
                "sent from, such as in the SNS subscription. If they may be deleted, turn this alarm off: "
                "filtered_alarm=AlarmOptions(enabled=False)."
            ),
        )

    def _create_not_set_aside_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages that the helper could not send to the dead-letter queue."""
        return make_not_set_aside_alarm(self, options, namespace=self._namespace, function=self.function)

    def _create_untried_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages that were not started at their last receive."""
        return make_alarm(
            self,
            "UntriedAlarm",
            options,
            means="failed",
            metric=helper_metric(self._namespace, self.function, MetricName.UNTRIED),
            description=(
                f"Messages of {path_of(self)} were not started at their last receive, for lack of time, and SQS moves "
                "them to the dead-letter queue without a reason. Give the function a longer timeout, more concurrency "
                "or smaller batches, then bring them back from the dead-letter queue."
            ),
        )

    def _is_watched(self, queue: KnownQueue) -> bool:
        # CloudWatch keeps a queue's metrics in the queue's own account.
        return not is_elsewhere(self, queue.queue)

    def _longest_normal_age(self) -> float | None:
        count, retention = self.facts.max_receive_count, self.facts.retention
        if count is None:
            return None
        receives = longest_time(self.facts, count if self.facts.fifo else min(count, _RECEIVES_IN_METRIC))
        if receives is None:
            return None
        retries = receives + (self.facts.delivery_delay or 0)
        return retries if retention is None else min(retries, 0.8 * retention)

    def _longest_normal_pause(self) -> int:
        """Return the minutes in which a queue may receive nothing although messages are visible.

        While a message of a FIFO group waits for its retry, the group's other messages are visible and not received.
        """
        waits = [self.facts.visibility_timeout or 0]
        if self.facts.fifo and self.facts.backoff is not None:
            waits.append(self.facts.backoff.cap)
        return min(_MOST_MINUTES, max(_UNRECEIVED_MINUTES, ceil(max(waits) / 60) + 1))
