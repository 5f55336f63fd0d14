"""Provides the CloudWatch metrics of asynchronous invocation.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.destinations import kind_of
from redrive_cdk.core.tree import path_of
from redrive_cdk.core.types import AnyDeadLetterTarget, AnyDestination
from redrive_cdk.monitoring.metrics import function_metric, queue_metric
from redrive_cdk.monitoring.monitored import Monitored


class AsyncMetrics(Monitored):
    """Base class of `AsyncInvocation` with its metrics.

    Attributes:
        function: The function, version or alias.
        on_failure: The destination for records of failed events; `None` if there is none.
        dead_letter_queue: The function's classic dead-letter queue; `None` if there is none.
        failure_queue: The queue that the construct created for records of failed events; `None` if it created none.
    """

    function: lambda_.IFunction
    on_failure: AnyDestination | None
    dead_letter_queue: AnyDeadLetterTarget | None
    failure_queue: sqs.IQueue | None

    def metric_events_dropped(self, **options: Any) -> cloudwatch.Metric:
        """Count the events that Lambda gave up, whether it delivered them to a destination or not.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("AsyncEventsDropped", "Sum", options)

    def metric_event_age(self, **options: Any) -> cloudwatch.Metric:
        """Measure the age of events when Lambda invoked the function, in milliseconds.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return self._metric("AsyncEventAge", "Maximum", options)

    def metric_destination_delivery_failures(self, **options: Any) -> cloudwatch.Metric:
        """Count the records that Lambda could not deliver to a destination.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("DestinationDeliveryFailures", "Sum", options)

    def metric_dead_letter_errors(self, **options: Any) -> cloudwatch.Metric:
        """Count the events that Lambda could not deliver to the classic dead-letter queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("DeadLetterErrors", "Sum", options)

    def metric_failures_visible(self, **options: Any) -> cloudwatch.Metric:
        """Count the failed events that are visible in their queue: the on-failure destination or dead-letter queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: Neither the on-failure destination nor the dead-letter queue is a queue.
        """
        queue = self._queue_of_failures()
        if queue is None:
            raise ValueError(f"{path_of(self)} has no queue for failed events: ask the destination that was given")
        return queue_metric(queue, "ApproximateNumberOfMessagesVisible", "Maximum", options)

    def _queue_of_failures(self) -> sqs.IQueue | None:
        """Return the queue for failed events; of two, the on-failure destination, whose records say more."""
        for place in (self.on_failure, self.dead_letter_queue):
            if place is not None and kind_of(place) == "queue":
                return cast("sqs.IQueue", place)
        return None

    def _metric(self, name: str, statistic: str, options: dict[str, Any]) -> cloudwatch.Metric:
        return function_metric(self.function, name, statistic, options)
