"""Creates the alarms of `AsyncInvocation`."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sqs as sqs

from redrive_cdk.asynchronous.metrics import AsyncMetrics
from redrive_cdk.core.destinations import arn_of, kind_of
from redrive_cdk.core.placement import is_elsewhere
from redrive_cdk.core.tree import path_of, physical_name_of
from redrive_cdk.core.types import AnyDestination
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.commands import replay
from redrive_cdk.monitoring.failure_ages import make_failure_age_alarm
from redrive_model.facts.asynchronous import AsyncFacts


class AsyncAlarms(AsyncMetrics):
    """Alarms of `AsyncInvocation`. Each is `None` if it is disabled or has nothing to watch.

    Attributes:
        dropped_alarm: Fires when Lambda gives up an event.
        delivery_alarm: Fires when Lambda cannot deliver a record to a destination.
        dead_letter_alarm: Fires when Lambda cannot deliver an event to the dead-letter queue.
        age_alarm: Fires when events are close to their maximum age. Lambda measures the age when it tries to invoke the
            function, throttled or not.
        failure_queue_alarm: Fires when a failed event is in the queue that is the on-failure destination or, without
            one, the dead-letter queue.
        failure_age_alarm: Fires when an event has been in the queue of failed events for half of its retention.
    """

    on_success: AnyDestination | None
    facts: AsyncFacts
    dropped_alarm: cloudwatch.Alarm | None
    delivery_alarm: cloudwatch.Alarm | None
    dead_letter_alarm: cloudwatch.Alarm | None
    age_alarm: cloudwatch.Alarm | None
    failure_queue_alarm: cloudwatch.Alarm | None
    failure_age_alarm: cloudwatch.Alarm | None

    def _create_dropped_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for events that Lambda gave up; return `None` if it is disabled."""
        return make_alarm(
            self,
            "DroppedAlarm",
            options,
            means="lost" if self.on_failure is None and self.dead_letter_queue is None else "failed",
            metric=self.metric_events_dropped(),
            description=(
                f"Lambda has given up an event of {path_of(self)}, after all its retries or because of its age. "
                + self._how_to_bring_back()
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
                "function is throttled, or does not keep up. Look at its throttles and errors, and give it more "
                "concurrency. They are given up when that time is over."
            ),
        )

    def _create_failure_queue_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for failed events in a queue.

        Returns:
            The alarm; `None` if no queue takes failed events, or if the alarm is disabled.
        """
        if self.watched_queue() is None:
            return None
        return make_alarm(
            self,
            "FailureQueueAlarm",
            options,
            means="failed",
            metric=self.metric_failures_visible(),
            description=f"Events of {path_of(self)} have failed permanently. {self._how_to_bring_back()}",
        )

    def _create_failure_age_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for failed events that nobody has brought back for half of their queue's retention.

        Returns:
            The alarm; `None` if no queue takes failed events, or if the alarm is disabled.
        """
        queue = self.watched_queue()
        return None if queue is None else make_failure_age_alarm(self, "FailureAgeAlarm", options, queue=queue)

    def watched_queue(self) -> sqs.IQueue | None:
        """Return the queue with failed events that the alarms watch; `None` if there is none of this place."""
        queue = self._queue_of_failures()
        # CloudWatch keeps a queue's metrics in the queue's own Region and account.
        return None if queue is None or is_elsewhere(self, queue) else queue

    def where_failures_are(self) -> str | None:
        """Return the ARN of the queue, or the address of the bucket, that keeps failed events; `None` without these."""
        place = self.on_failure or self.dead_letter_queue
        if place is None or kind_of(place) not in ("queue", "bucket"):
            return None
        return arn_of(place) if kind_of(place) == "queue" else f"s3://{physical_name_of(place)}/aws/lambda/async/"

    def _how_to_bring_back(self) -> str:
        place = self.on_failure or self.dead_letter_queue
        if place is None:
            return "Nothing keeps it: look at the function's log for what it was and why it failed."
        where, kind = self.where_failures_are(), kind_of(place)
        if where is None:
            return (
                f"It is in the {kind} that is its destination: look at why where that is kept, correct it, and invoke "
                "the function with it again."
            )
        return (
            f"It is in the {kind} that is its destination. Look at why: redrive failures {where}. Correct it, and "
            f"invoke the function with it again: {replay(where)}."
        )
