"""Provides the CloudWatch metrics of a stream's consumer."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.metrics import function_metric, mapping_metric, queue_metric
from redrive_cdk.monitoring.monitored import Monitored


class StreamMetrics(Monitored):
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
        return function_metric(self.function, "IteratorAge", "Maximum", options)

    def metric_destination_delivery_failures(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of failed deliveries to the on-failure destination.

        Lambda counts them by function: with several streams on one function, the metric covers all of them. Give each
        consumer its own alias to distinguish them.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "DestinationDeliveryFailures", "Sum", options)

    def metric_events_failed(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of records that Lambda gave up and delivered to the on-failure destination.

        Lambda publishes this metric only with `mapping_metrics`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return mapping_metric(self.event_source_mapping, "OnFailureDestinationDeliveredEventCount", options)

    def metric_events_dropped(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of records that Lambda gave up and delivered nowhere.

        These records are lost when the stream's retention ends. Records that expire in the stream do not count. Lambda
        publishes this metric only with `mapping_metrics`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return mapping_metric(self.event_source_mapping, "DroppedEventCount", options)

    def metric_arrived(self, **options: Any) -> cloudwatch.Metric:
        """Return what tells that records arrive in the stream.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric: records put into a Kinesis stream, or capacity that writes to a DynamoDB table have consumed.
            DynamoDB has no metric of the records in a table's stream.
        """
        raise NotImplementedError

    def metric_polled(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of records that the mapping has read, whether they match its filters or not.

        A mapping that polls and finds nothing has 0, a disabled one no data. Lambda publishes this metric only with
        `mapping_metrics`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return mapping_metric(self.event_source_mapping, "PolledEventCount", options)

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
            raise ValueError(f"{path_of(self)} has no queue as its on-failure destination: ask what was given")
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
            raise ValueError(f"{path_of(self)} was given no queue of its own for records set aside: see on_failure")
        return _visible(self.set_aside_queue, options)


def _visible(queue: sqs.IQueue, options: dict[str, Any]) -> cloudwatch.Metric:
    return queue_metric(queue, "ApproximateNumberOfMessagesVisible", "Maximum", options)
