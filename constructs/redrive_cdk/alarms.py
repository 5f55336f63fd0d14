"""Alarms, made the same way for every construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, cast

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from redrive_cdk.accepted import AlarmAction


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOptions:
    """What may differ from an alarm's defaults.

    Attributes:
        enabled: Whether there is an alarm at all. Default: yes.
        threshold: The value at which it goes off, in the metric's unit. Default: the construct's own.
        evaluation_periods: For how many periods of a minute the value must be reached. Default: 1.
        actions: What else happens when it goes off, besides the construct's `alarm_actions`. Default: nothing.
    """

    enabled: bool = True
    threshold: float | None = None
    evaluation_periods: int = 1
    actions: Sequence[AlarmAction] = ()


def make_alarm(
    scope: Construct,
    id: str,
    options: AlarmOptions,
    *,
    metric: cloudwatch.IMetric,
    threshold: float | None,
    description: str,
    actions: Sequence[AlarmAction] = (),
) -> cloudwatch.Alarm | None:
    """Make an alarm that goes off when a metric reaches a threshold.

    Args:
        scope: The construct the alarm belongs to.
        id: The alarm's id there.
        options: What the user has chosen.
        metric: The metric.
        threshold: The construct's own threshold, `None` where nothing is known to derive it from.
        description: What has happened when it goes off, and what to do.
        actions: The construct's actions.

    Returns:
        The alarm; `None` where the user wants none, or there is no threshold.
    """
    limit = threshold if options.threshold is None else options.threshold
    if not options.enabled or limit is None:
        return None
    alarm = cloudwatch.Alarm(
        scope,
        id,
        metric=metric,
        threshold=limit,
        evaluation_periods=options.evaluation_periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        # SQS sends no figures for a queue that has been idle for hours: https://docs.aws.amazon.com/
        # AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
    for action in (*actions, *options.actions):
        alarm.add_alarm_action(cast("cloudwatch.IAlarmAction", action))
    return alarm


def each_minute(statistic: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a metric, with what the constructs take where the user says nothing.

    Args:
        statistic: Such as `"Sum"`.
        options: The user's `cloudwatch.MetricOptions`.

    Returns:
        All options.
    """
    return {"period": Duration.minutes(1), "statistic": statistic, **options}
