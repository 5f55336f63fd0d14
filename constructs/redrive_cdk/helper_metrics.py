"""The metrics that the helpers write into their function's log, as CloudWatch has them.

They are of the function as a whole, whichever version or alias ran.
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
    """A figure of a function's helpers.

    Args:
        namespace: Where they are.
        function: The function, or a version or alias of it.
        name: One of `MetricName`.
        statistic: Such as `"Maximum"`. Default: the sum.

    Returns:
        The metric, by the minute.
    """
    return cloudwatch.Metric(
        namespace=namespace,
        metric_name=name,
        dimensions_map={FUNCTION_DIMENSION: qualified(function).name},
        **each_minute(statistic, {}),
    )


def by_error_type(namespace: str, function: lambda_.IFunction, name: str, *, label: str) -> cloudwatch.SearchExpression:
    """A figure of a function's helpers, for each type of error that there is.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/search-expression-syntax.html

    Args:
        namespace: Where they are.
        function: The function, or a version or alias of it.
        name: One of `MetricName`.
        label: What stands before the type in the legend.

    Returns:
        A search.
    """
    schema = f'{{"{namespace}",{FUNCTION_DIMENSION},{ERROR_DIMENSION}}}'
    terms = f'MetricName="{name}" {FUNCTION_DIMENSION}="{qualified(function).name}"'
    return cloudwatch.SearchExpression(
        expression=f"SEARCH('{schema} {terms}', 'Sum')",
        # https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/graph-dynamic-labels.html
        label=f"{label}: ${{PROP('Dim.{ERROR_DIMENSION}')}}",
        period=Duration.minutes(1),
    )
