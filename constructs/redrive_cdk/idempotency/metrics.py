"""Provides the CloudWatch metrics of an idempotency table.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
"""

from __future__ import annotations

from typing import Any, cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from redrive.settings import MetricName
from redrive_cdk.core.tree import physical_name_of
from redrive_cdk.core.types import AnyFunction
from redrive_cdk.monitoring.metrics import helper_metric, metric_of
from redrive_cdk.monitoring.monitored import Monitored


class IdempotencyMetrics(Monitored):
    """Base class of `IdempotencyTable` with its metrics.

    Attributes:
        table: The table.
    """

    table: dynamodb.ITable
    _namespace: str

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

    def metric_not_recorded(self, function: AnyFunction) -> cloudwatch.Metric:
        """Count the calls and records that a function has processed and could not record, for all its tables.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return helper_metric(self._namespace, cast("lambda_.IFunction", function), MetricName.NOT_RECORDED)

    def _metric(self, name: str, options: dict[str, Any], **dimensions: str) -> cloudwatch.Metric:
        named = {"TableName": physical_name_of(self.table), **dimensions}
        return metric_of("AWS/DynamoDB", name, named, "Sum", options)
