"""Creates the alarms of `AsyncInvocation`."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch

from redrive_cdk.asynchronous.metrics import AsyncMetrics
from redrive_cdk.core.tree import path_of
from redrive_cdk.core.types import AnyDeadLetterTarget, AnyDestination
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_model.facts.asynchronous import AsyncFacts


class AsyncAlarms(AsyncMetrics):
    """Base class of `AsyncInvocation`, which documents each alarm."""

    on_success: AnyDestination | None
    on_failure: AnyDestination | None
    dead_letter_queue: AnyDeadLetterTarget | None
    facts: AsyncFacts
    dropped_alarm: cloudwatch.Alarm | None
    delivery_alarm: cloudwatch.Alarm | None
    dead_letter_alarm: cloudwatch.Alarm | None
    age_alarm: cloudwatch.Alarm | None
    failure_queue_alarm: cloudwatch.Alarm | None

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for events that Lambda gave up; return `None` if it is disabled."""
        return make_alarm(
            self,
            "DroppedAlarm",
            options,
            means="lost" if self.on_failure is None and self.dead_letter_queue is None else "failed",
            metric=self.metric_events_dropped(),
            description=(
                f"Lambda has given up an event of {path_of(self)}, after all its retries or because of its age. It is "
                "in the on-failure destination or dead-letter queue, if there is one: look at why, correct it, and "
                "invoke the function with it again."
            ),
        )

    def _create_delivery_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for undelivered records; return `None` without a destination or if it is disabled."""
        if self.on_success is None and self.on_failure is None:
            return None
        return make_alarm(
            self,
            "DeliveryAlarm",
            options,
            means="lost",
            metric=self.metric_destination_delivery_failures(),
            description=(
                f"Lambda could not deliver a record of {path_of(self)} to its destination, and it is lost: look at "
                "the role's permissions, at the destination and its key, and at the size of the events."
            ),
        )

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for events that Lambda could not deliver to the dead-letter queue.

        Returns:
            The alarm; `None` without a dead-letter queue or if the alarm is disabled.
        """
        if self.dead_letter_queue is None:
            return None
        return make_alarm(
            self,
            "DeadLetterAlarm",
            options,
            means="lost",
            metric=self.metric_dead_letter_errors(),
            description=(
                f"Lambda could not deliver an event of {path_of(self)} to the dead-letter queue, and it is lost: look "
                "at the role's permissions, at the queue and its key, and at the size of the events."
            ),
        )

    def _create_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for the age of events.

        Returns:
            The alarm; `None` if it is disabled, or if the maximum age is not known and the options set no threshold.
        """
        age = self.facts.max_event_age
        return make_alarm(
            self,
            "AgeAlarm",
            options,
            means="delayed",
            metric=self.metric_event_age(),
            threshold=None if age is None else 800 * age,
            description=(
                f"Events of {path_of(self)} have waited for four fifths of the time that Lambda keeps them: the "
                "function is throttled, or does not keep up. They are given up when that time is over."
            ),
        )

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for records in the failure queue.

        Returns:
            The alarm; `None` if the construct created no failure queue or the alarm is disabled.
        """
        if self.failure_queue is None:
            return None
        return make_alarm(
            self,
            "FailureQueueAlarm",
            options,
            means="failed",
            metric=self.metric_failures_visible(),
            description=(
                f"Events of {path_of(self)} have failed for good and wait in the failure queue: look at why, correct "
                "it, and invoke the function with them again."
            ),
        )
