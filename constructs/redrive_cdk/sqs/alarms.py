"""Metrics and alarms of `SqsConsumer`."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.metrics import queue_metric
from redrive_cdk.monitoring.monitored import Monitored
from redrive_model.facts.sqs import SqsFacts
from redrive_model.schedules.sqs import longest_time

# The metric ignores messages of a standard queue that were received more often:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
_RECEIVES_IN_METRIC = 3


class SqsAlarms(Monitored):
    """Base class of `SqsConsumer` with its metrics and alarms.

    Attributes:
        queue: The source queue.
        dead_letter_queue: The dead-letter queue; `None` if it is unknown.
        facts: Facts that are known at synthesis; times in seconds.
    """

    queue: sqs.IQueue
    dead_letter_queue: sqs.IQueue | None
    facts: SqsFacts
    dead_letter_alarm: cloudwatch.Alarm | None
    age_alarm: cloudwatch.Alarm | None

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on messages in the dead-letter queue."""
        if self.dead_letter_queue is None:
            return None
        return make_alarm(
            self,
            "DeadLetterAlarm",
            options,
            means="failed",
            metric=self.metric_dead_letters(),
            description=(
                f"Messages of {path_of(self)} have failed for good and wait in the dead-letter queue: look at why, "
                "correct it, and move them back to their queue. If the reason is that there was no time left, or if "
                "the metric Untried counts them, they were never started: give the function more time or concurrency, "
                "or smaller batches."
            ),
        )

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm on the age of the oldest message."""
        return make_alarm(
            self,
            "AgeAlarm",
            options,
            means="delayed",
            metric=self.metric_oldest_message_age(),
            threshold=self._longest_normal_age(),
            description=(
                f"A message of {path_of(self)} has waited for longer than its receives may take: the function does "
                "not keep up, or is not called. Messages are deleted when the queue's retention ends. The metric "
                "SentBack counts those for which there was no time at their last receive: they are new messages now, "
                "so they are older than this alarm says."
            ),
        )

    def _longest_normal_age(self) -> float | None:
        count, retention = self.facts.max_receive_count, self.facts.retention
        if count is None:
            return None
        receives = longest_time(self.facts, count if self.facts.fifo else min(count, _RECEIVES_IN_METRIC))
        if receives is None:
            return None
        retries = receives + (self.facts.delivery_delay or 0)
        return retries if retention is None else min(retries, 0.8 * retention)

    def metric_dead_letters(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of visible messages in the dead-letter queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: The dead-letter queue is unknown.
        """
        if self.dead_letter_queue is None:
            raise ValueError(f"{path_of(self)} has no dead-letter queue that is known: pass dead_letter_queue")
        return queue_metric(self.dead_letter_queue, "ApproximateNumberOfMessagesVisible", "Maximum", options)

    def metric_oldest_message_age(self, **options: Any) -> cloudwatch.Metric:
        """Return the age of the oldest message in seconds.

        In a standard queue with a maximum receive count above three, the metric ignores messages that were received
        three times or more.
        https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return queue_metric(self.queue, "ApproximateAgeOfOldestMessage", "Maximum", options)
