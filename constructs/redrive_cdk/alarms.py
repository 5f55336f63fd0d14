"""Alarms, made the same way for every construct."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from redrive_cdk.accepted import AlarmAction
from redrive_cdk.alarm_defaults import AlarmDefaults, FailureAlarm, Meaning, complete_at_synthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOptions:
    """What may differ from an alarm's defaults.

    Attributes:
        enabled: Whether there is an alarm at all. Default: yes.
        threshold: The value at which it goes off, in the metric's unit. Default: the construct's own.
        evaluation_periods: For how many periods of a minute the value must be reached. Default: 1.
        actions: What else happens when it goes off, besides the construct's `alarm_actions` and those of
            `AlarmDefaults`. Default: nothing.
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
    means: Meaning,
    metric: cloudwatch.IMetric,
    description: str,
    threshold: float | None = 1,
) -> FailureAlarm | None:
    """Make an alarm that goes off when a metric reaches a threshold.

    Its actions and its name are those of `AlarmDefaults` on the way from the app to the alarm, whenever they are set,
    and then those of the options.

    Args:
        scope: The construct the alarm belongs to.
        id: The alarm's id there.
        options: What the user has chosen.
        means: What it tells of.
        metric: The metric.
        description: What has happened when it goes off, and what to do.
        threshold: The construct's own threshold, `None` where nothing is known to derive it from. Default: 1.

    Returns:
        The alarm; `None` where the user wants none, or there is no threshold.
    """
    limit = threshold if options.threshold is None else options.threshold
    if not options.enabled or limit is None:
        return None
    alarm = FailureAlarm(
        scope,
        id,
        means=means,
        actions=options.actions,
        metric=metric,
        threshold=limit,
        evaluation_periods=options.evaluation_periods,
        comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
        # SQS sends no figures for a queue that has been idle for hours: https://docs.aws.amazon.com/
        # AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
    complete_at_synthesis(alarm)
    return alarm


def set_alarm_actions(construct: Construct, actions: Sequence[AlarmAction]) -> None:
    """Have something happen when any alarm in a construct goes off: its argument `alarm_actions`.

    Args:
        construct: The construct.
        actions: What happens.
    """
    if actions:
        AlarmDefaults.of(construct).add(actions=actions)


def gather_alarms(*alarms: cloudwatch.Alarm | None) -> list[cloudwatch.Alarm]:
    """The alarms that there are.

    Those that a subclass has made in its own way get the actions and the name of `AlarmDefaults`, too.

    Args:
        *alarms: What the construct's steps have made.

    Returns:
        Those that are not `None`.
    """
    there = [alarm for alarm in alarms if alarm is not None]
    for alarm in there:
        if not isinstance(alarm, FailureAlarm):
            complete_at_synthesis(alarm)
    return there


def each_minute(statistic: str, options: dict[str, Any]) -> dict[str, Any]:
    """The options of a metric, with what the constructs take where the user says nothing.

    Args:
        statistic: Such as `"Sum"`.
        options: The user's `cloudwatch.MetricOptions`.

    Returns:
        All options.
    """
    return {"period": Duration.minutes(1), "statistic": statistic, **options}
