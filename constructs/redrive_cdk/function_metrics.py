"""Lambda's own metrics of a function, version or alias."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive_cdk.qualifiers import LATEST, qualified


def function_metric(function: lambda_.IFunction, name: str, **options: Any) -> cloudwatch.Metric:
    """A metric of Lambda's.

    Those of a version or alias are under the name of the function and the `Resource`, which is name and qualifier:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html. The CDK's own metric of a version asks
    for a function of that name.

    Args:
        function: The function, version or alias.
        name: The metric's name, such as `"Throttles"`.
        **options: `cloudwatch.MetricOptions`.

    Returns:
        The metric.
    """
    target = qualified(function)
    dimensions = {"FunctionName": target.name}
    if target.qualifier != LATEST:
        dimensions["Resource"] = f"{target.name}:{target.qualifier}"
    return cloudwatch.Metric(namespace="AWS/Lambda", metric_name=name, dimensions_map=dimensions, **options)
