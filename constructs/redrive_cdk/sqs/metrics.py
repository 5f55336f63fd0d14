"""CloudWatch metrics of `SqsConsumer`.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.metrics import mapping_metric, queue_metric
from redrive_cdk.monitoring.monitored import Monitored


class SqsMetrics(Monitored):
    """Metrics of `SqsConsumer`.

    Attributes:
        function: The function, version or alias.
        queue: The source queue.
        dead_letter_queue: The dead-letter queue; `None` if it is unknown.
        event_source_mapping: The event source mapping from the queue to the function.
    """

    function: lambda_.IFunction
    queue: sqs.IQueue
    dead_letter_queue: sqs.IQueue | None
    event_source_mapping: lambda_.EventSourceMapping

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

    def metric_waiting(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of visible messages in the queue.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the maximum of each minute.

        Returns:
            The metric.
        """
        return queue_metric(self.queue, "ApproximateNumberOfMessagesVisible", "Maximum", options)

    def metric_received(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of received messages, by whoever receives them; each receive of a message counts.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return queue_metric(self.queue, "NumberOfMessagesReceived", "Sum", options)

    def metric_filtered_out(self, **options: Any) -> cloudwatch.Metric:
        """Return the number of messages that matched none of the filters, which Lambda deletes.

        Lambda publishes this metric only with `mapping_metrics`.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return mapping_metric(self.event_source_mapping, "FilteredOutEventCount", options)
