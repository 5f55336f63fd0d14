"""CloudWatch metrics that the helpers write into the function's log.

They cover the function as a whole, with all its versions and aliases.
"""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive.settings import ERROR_DIMENSION, FUNCTION_DIMENSION
from redrive_cdk.alarms import each_minute
from redrive_cdk.qualifiers import qualified


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
