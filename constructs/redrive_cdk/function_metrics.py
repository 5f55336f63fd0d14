"""Lambda's own metrics of a function, version or alias."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive_cdk.qualifiers import LATEST, qualified


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
