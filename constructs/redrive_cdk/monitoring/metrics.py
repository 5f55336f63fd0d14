"""Metrics of a function: those of Lambda, and those that its helpers write into its log."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive.settings import ERROR_DIMENSION, FUNCTION_DIMENSION
from redrive_cdk.core.qualifiers import LATEST, qualified
from redrive_cdk.monitoring.alarms import each_minute


def function_metric(function: lambda_.IFunction, name: str, **options: Any) -> cloudwatch.Metric:
    """Return one of Lambda's metrics of a function, version or alias, such as `"Throttles"`.

    Metrics of a version or alias have two dimensions: the function's name, and the `Resource` with name and qualifier:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html. The CDK's own metric of a version expects
    a function of that name.
    """
    target = qualified(function)
    dimensions = {"FunctionName": target.name}
    if target.qualifier != LATEST:
        dimensions["Resource"] = f"{target.name}:{target.qualifier}"
    return cloudwatch.Metric(namespace="AWS/Lambda", metric_name=name, dimensions_map=dimensions, **options)


def helper_metric(
    namespace: str, function: lambda_.IFunction, name: str, *, statistic: str = "Sum"
) -> cloudwatch.Metric:
    """Return a metric of a function's helpers, in periods of one minute; `name` is a `MetricName`."""
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={FUNCTION_DIMENSION: qualified(function).name},
        **each_minute(statistic, {}),
    )


def by_error_type(namespace: str, function: lambda_.IFunction, name: str, *, label: str) -> cloudwatch.SearchExpression:
    """Search for a metric of a function's helpers by error type; the label precedes the type in the legend.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html
    """
    schema = f'{{"{namespace}",{FUNCTION_DIMENSION},{ERROR_DIMENSION}}}'
    terms = f'MetricName="{name}" {FUNCTION_DIMENSION}="{qualified(function).name}"'
    return cloudwatch.SearchExpression(
        expression=f"SEARCH('{schema} {terms}', 'Sum')",
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
        label=f"{label}: ${{PROP('Dim.{ERROR_DIMENSION}')}}",
        period=Duration.minutes(1),
    )


def event_count() -> lambda_.MetricsConfig:
    """Return the configuration by which Lambda counts the events of an event source mapping.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT])
