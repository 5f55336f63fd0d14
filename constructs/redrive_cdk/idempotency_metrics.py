"""What can be measured of a table for idempotency.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from redrive_cdk.alarms import each_minute


class IdempotencyMetrics(Construct):
    """The metrics of `IdempotencyTable`.

    Attributes:
        table: The table.
    """

    table: dynamodb.ITable

    def metric_write_throttled(self, **options: Any) -> cloudwatch.Metric:
        """How many writes were throttled: claims, completions and releases, each statement of a batch for itself.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("WriteThrottleEvents", options)

    def metric_read_throttled(self, **options: Any) -> cloudwatch.Metric:
        """How many reads were throttled: items looked up for what may have been done already.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("ReadThrottleEvents", options)

    def metric_system_errors(self, operation: str = "BatchExecuteStatement", **options: Any) -> cloudwatch.Metric:
        """How many requests DynamoDB answered with an error of its own (HTTP 500).

        DynamoDB counts them for each operation, and not for a table as a whole. The AWS SDK tries such requests again.

        Args:
            operation: By which call: `"BatchExecuteStatement"`, `"BatchGetItem"` or `"PutItem"`. Default: the first, by
                which batches are claimed and all claims are ended.
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return self._metric("SystemErrors", options, Operation=operation)

    def _metric(self, name: str, options: dict[str, Any], **dimensions: str) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace="AWS/DynamoDB",
            metric_name=name,
            dimensions_map={"TableName": self.table.table_name, **dimensions},
            **each_minute("Sum", options),
        )
