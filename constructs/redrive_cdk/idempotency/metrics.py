"""Provides the CloudWatch metrics of an idempotency table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb

from redrive_cdk.monitoring.metrics import metric_of
from redrive_cdk.monitoring.monitored import Monitored


class IdempotencyMetrics(Monitored):
    """Base class of `IdempotencyTable` with its metrics.

    Attributes:
        table: The table.
    """

    table: dynamodb.ITable

    def metric_write_throttled(self, **options: Any) -> cloudwatch.Metric:
        """Count the throttled writes: claims, completions and releases; each statement of a batch counts as one.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("WriteThrottleEvents", options)

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        """Count the throttled reads: lookups of events that may be processed already.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("ReadThrottleEvents", options)

    def metric_system_errors(self, operation: str = "BatchExecuteStatement", **options: Any) -> cloudwatch.Metric:
        """Count the requests to which DynamoDB responded with an internal error (HTTP 500).

        DynamoDB counts them for each operation, not for the table as a whole. The AWS SDK retries such requests.

        Args:
            operation: The operation: `"BatchExecuteStatement"`, `"BatchGetItem"` or, of Powertools, others such as
                `"PutItem"`. Default: the first, which makes and ends claims.
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("SystemErrors", options, Operation=operation)

    def _metric(self, name: str, options: dict[str, Any], **dimensions: str) -> cloudwatch.Metric:
        named = {"TableName": self.table.table_name, **dimensions}
        return metric_of("AWS/DynamoDB", name, named, "Sum", options)
