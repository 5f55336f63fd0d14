"""What can be measured of a stream's consumer.

https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive_cdk.alarms import each_minute
from redrive_cdk.function_metrics import function_metric


class StreamMetrics(Construct):
    """The metrics of `StreamConsumer`.

    Attributes:
        function: The function, version or alias.
        event_source_mapping: The mapping from the stream to the function.
        failure_queue: The queue among the destinations, made or given; `None` if there is none.
        set_aside_queue: The queue for records set aside, if that is another one; `None` if not.
    """

    function: lambda_.IFunction
    event_source_mapping: lambda_.EventSourceMapping
    failure_queue: sqs.IQueue | None
    set_aside_queue: sqs.IQueue | None

    def metric_iterator_age(self, **options: Any) -> cloudwatch.Metric:
        """How old the last record of a batch was when Lambda sent it to the function, in milliseconds.

        Lambda counts this by function: where several streams feed one function, it is of all of them. Give each
        consumer an alias of its own to tell them apart.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "IteratorAge", **each_minute("Maximum", options))

    def metric_destination_delivery_failures(self, **options: Any) -> cloudwatch.Metric:
        """How often Lambda could not deliver to the on-failure destination; by function, see `metric_iterator_age`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "DestinationDeliveryFailures", **each_minute("Sum", options))

    def metric_events_failed(self, **options: Any) -> cloudwatch.Metric:
        """How many records Lambda has given up and delivered to the on-failure destination.

        Lambda sends it where `mapping_metrics` are on.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._mapping_metric("OnFailureDestinationDeliveredEventCount", options)

    def metric_events_dropped(self, **options: Any) -> cloudwatch.Metric:
        """How many records Lambda has given up and delivered nowhere: they are lost once the stream's retention ends.

        Those that expire in the stream are not among them. Lambda sends it where `mapping_metrics` are on.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._mapping_metric("DroppedEventCount", options)

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        """How often a read of the stream was throttled, by whomever.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        raise NotImplementedError

    def metric_failures_visible(self, **options: Any) -> cloudwatch.Metric:
        """How many records are visible in the queue that is the on-failure destination.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: The destination is no queue.
        """
        if self.failure_queue is None:
            raise ValueError(f"{self.node.path} has no queue as its on-failure destination: ask what was given")
        return _visible(self.failure_queue, options)

    def metric_set_aside_visible(self, **options: Any) -> cloudwatch.Metric:
        """How many records are visible in the queue that was given as `set_aside`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.

        Raises:
            ValueError: No queue was given.
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
