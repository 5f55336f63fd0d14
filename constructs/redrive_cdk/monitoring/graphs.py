"""Creates the graphs that several sections of the dashboard share."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive.settings import MetricName
from redrive_cdk.monitoring.metrics import by_error_type, function_metric, helper_metric
from redrive_cdk.monitoring.sections import Graph, Limit, Line


def retries(
    namespace: str,
    function: lambda_.IFunction,
    *,
    axis: str,
    more: Sequence[Line] = (),
    right_axis: str = "",
    limits: Sequence[Limit] = (),
) -> Graph:
    """Create the graph of retried events, as counted by the helpers and by Lambda."""
    return Graph(
        answers="retried",
        title="Retried",
        axis=axis,
        right_axis=right_axis,
        lines=[
            Line(
                metric=helper_metric(namespace, function, MetricName.RETRIED),
                label="retried",
                summary="retried",
                total="retried",
            ),
            Line(metric=lambda_sum(function, "Errors"), label="function errors", summary="function errors"),
            Line(metric=lambda_sum(function, "Throttles"), label="throttled"),
            Line(metric=helper_metric(namespace, function, MetricName.DEFERRED), label="no time left"),
            *more,
        ],
        limits=limits,
    )


def reasons(namespace: str, function: lambda_.IFunction) -> Graph:
    """Create the graph of failures by error type."""
    return Graph(
        answers="why",
        title="Why: failures by error type",
        axis="failures",
        lines=[
            Line(metric=by_error_type(namespace, function, MetricName.RETRIED, label="retried")),
            Line(metric=by_error_type(namespace, function, MetricName.PERMANENT_FAILURES, label="permanent")),
        ],
    )


def lambda_sum(function: lambda_.IFunction, name: str) -> cloudwatch.Metric:
    """Return the sum of one of Lambda's metrics in each minute."""
    return function_metric(function, name, "Sum")
