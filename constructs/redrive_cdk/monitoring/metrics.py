"""Metrics of functions, mappings and queues, and those that the helpers write into a function's log.

Each metric has an identity, so that constructs with the same metric can share an alarm.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive.settings import ERROR_DIMENSION, FUNCTION_DIMENSION
from redrive_cdk.core.creation import create, invoke
from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.qualifiers import LATEST, qualified
from redrive_cdk.core.tree import once, path_of

_NO_OPTIONS: Mapping[str, Any] = MappingProxyType({})
# With any other option, it is a metric of the user's.
_OWN_OPTIONS = {"account", "region", "period"}


def each_minute(statistic: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return a metric's options: those of the user, on top of a period of one minute and the given statistic."""
    return {"period": of_seconds(60), "statistic": statistic, **options}


@once
def identity_of(metric: cloudwatch.IMetric) -> Hashable:
    """Return what two metrics have in common if they are the same metric; `None` for a metric of the user's."""
    return None


def metric_of(
    namespace: str,
    name: str,
    dimensions: Mapping[str, str],
    statistic: str,
    options: Mapping[str, Any] = _NO_OPTIONS,
) -> cloudwatch.Metric:
    """Return a metric in periods of one minute; `options` are those of the user."""
    wanted: dict[str, Any] = {
        "namespace": namespace,
        "metric_name": name,
        "dimensions_map": dict(dimensions),
        **each_minute(statistic, options),
    }
    if _are_checked(options):
        metric = create(cloudwatch.Metric, cloudwatch.MetricProps, **wanted)
    else:
        metric = cloudwatch.Metric(**wanted)
    _identify(metric, options, namespace, name, statistic, *sorted(dimensions.items()))
    return metric


def function_metric(
    function: lambda_.IFunction, name: str, statistic: str, options: Mapping[str, Any] = _NO_OPTIONS
) -> cloudwatch.Metric:
    """Return one of Lambda's metrics of a function, version or alias, such as `"Throttles"`.

    Metrics of a version or alias have two dimensions: the function's name, and the `Resource` with name and qualifier:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-view.html. The CDK's own metric of a version expects
    a function of that name.
    """
    target = qualified(function)
    dimensions = {"FunctionName": target.name}
    if target.qualifier != LATEST:
        dimensions["Resource"] = f"{target.name}:{target.qualifier}"
    return metric_of("AWS/Lambda", name, dimensions, statistic, options)


def mapping_metric(
    mapping: lambda_.EventSourceMapping, name: str, options: Mapping[str, Any] = _NO_OPTIONS
) -> cloudwatch.Metric:
    """Return the sum of one of the event counts of an event source mapping, such as `"PolledEventCount"`."""
    return metric_of("AWS/Lambda", name, {"EventSourceMappingUUID": _id_of(mapping)}, "Sum", options)


@once
def _id_of(mapping: lambda_.EventSourceMapping) -> str:
    return mapping.event_source_mapping_id


def queue_metric(
    queue: sqs.IQueue, name: str, statistic: str, options: Mapping[str, Any] = _NO_OPTIONS
) -> cloudwatch.Metric:
    """Return one of a queue's metrics, such as `"ApproximateNumberOfMessagesVisible"`."""
    wanted = each_minute(statistic, options)
    if _are_checked(options):
        metric = invoke(queue, "metric", cloudwatch.MetricOptions, name, **wanted)
    else:
        metric = queue.metric(name, **wanted)
    _identify(metric, options, "AWS/SQS", name, statistic, path_of(queue))
    return metric


def helper_metric(
    namespace: str, function: lambda_.IFunction, name: str, *, statistic: str = "Sum"
) -> cloudwatch.Metric:
    """Return a metric of a function's helpers, in periods of one minute; `name` is a `MetricName`."""
    return metric_of(namespace, name, {FUNCTION_DIMENSION: qualified(function).name}, statistic)


def combined(expression: str, period: Duration, **metrics: cloudwatch.Metric) -> cloudwatch.MathExpression:
    """Return a metric that is computed from others of the same period, by their names in an expression.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
    """
    math = create(
        cloudwatch.MathExpression,
        cloudwatch.MathExpressionProps,
        expression=expression,
        using_metrics=metrics,
        period=period,
    )
    parts = [identity_of(cast("cloudwatch.IMetric", metric)) for metric in metrics.values()]
    if None not in parts:
        identity_of.note(cast("cloudwatch.IMetric", math), (expression, *parts))
    return math


def _are_checked(options: Mapping[str, Any]) -> bool:
    """Return whether options of the user need no check by the CDK: there are none, or it is plain that they fit."""
    return not options or (set(options) == {"period"} and isinstance(options["period"], Duration))


def _identify(metric: cloudwatch.Metric, options: Mapping[str, Any], *parts: Hashable) -> None:
    if not options.keys() - _OWN_OPTIONS:
        identity_of.note(cast("cloudwatch.IMetric", metric), (*parts, *sorted(options.items())))


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


@cache
def event_count() -> lambda_.MetricsConfig:
    """Return the configuration by which Lambda counts the events of an event source mapping.

    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
    """
    return lambda_.MetricsConfig(metrics=[lambda_.MetricType.EVENT_COUNT])
