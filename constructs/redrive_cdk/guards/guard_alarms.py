"""Metrics and alarms of `DeliveryGuard`."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.destinations import arn_of
from redrive_cdk.core.failure_places import retention_of
from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.core.tree import path_of
from redrive_cdk.guards.deliveries import Delivery
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.metrics import metric_of, queue_metric
from redrive_cdk.monitoring.monitored import Monitored
from redrive_model import limits


class GuardAlarms(Monitored):
    """Metrics and alarms of `DeliveryGuard`; `DeliveryGuard` describes the attributes."""

    guarded: events.Rule | sns.Subscription
    dead_letter_queue: sqs.IQueue
    dead_letter_alarm: cloudwatch.Alarm | None
    dead_letter_age_alarm: cloudwatch.Alarm | None
    lost_alarm: cloudwatch.Alarm | None

    _delivery: Delivery

    def metric_dead_letters(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of visible messages in the dead-letter queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return queue_metric(self.dead_letter_queue, "ApproximateNumberOfMessagesVisible", "Maximum", options)

    def metric_dead_letter_age(self, **options: Any) -> cloudwatch.Metric:
        """Return the age of the oldest message in the dead-letter queue in seconds.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return queue_metric(self.dead_letter_queue, "ApproximateAgeOfOldestMessage", "Maximum", options)

    def metric_lost(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of events that could be delivered neither to a target nor to the dead-letter queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        namespace, name, dimensions = self._delivery.lost
        return metric_of(namespace, name, dimensions, "Sum", options)

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for what could not be delivered."""
        if is_elsewhere(self, self.dead_letter_queue):
            return None
        return make_alarm(
            self,
            "DeadLetterAlarm",
            options,
            means="failed",
            metric=self.metric_dead_letters(),
            description=(
                f"{path_of(self.guarded)} could not deliver an event, and it waits in the dead-letter queue: look at "
                "the error in its attributes, correct it (a permission, a missing target, throttling), and send the "
                "event to the target again."
            ),
        )

    def _create_dead_letter_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for what nobody has looked at for half of the queue's retention."""
        if is_elsewhere(self, self.dead_letter_queue):
            return None
        arn = arn_of(self.dead_letter_queue)
        return make_alarm(
            self,
            "DeadLetterAgeAlarm",
            options,
            means="failed",
            metric=self.metric_dead_letter_age(),
            threshold=(retention_of(self.dead_letter_queue) or limits.DEFAULT_RETENTION) / 2,
            description=(
                f"What {path_of(self.guarded)} could not deliver has waited for half of the time that {arn} keeps it, "
                f"and is deleted unseen when it is over. Look at it: redrive failures {arn}; send it to the target "
                "again, or save it: redrive archive."
            ),
        )

    def _create_lost_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for what could not be delivered to the dead-letter queue either."""
        return make_alarm(
            self,
            "LostAlarm",
            options,
            means="lost",
            metric=self.metric_lost(),
            description=(
                f"{path_of(self.guarded)} could deliver an event neither to its target nor to the dead-letter queue, "
                "and it is lost: look at the policies of the queue and of its key, and at the size of the events."
            ),
        )
