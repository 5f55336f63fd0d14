"""Creates the alarms of all constructs in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from redrive_cdk.core.durations import of_seconds
from redrive_cdk.core.tree import resource_of
from redrive_cdk.core.types import AlarmAction
from redrive_cdk.monitoring.alarm_defaults import AlarmDefaults, FailureAlarm, Meaning, complete_at_synthesis


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOptions:
    """Overrides for one alarm.

    Attributes:
        enabled: `False` for no alarm. Default: `True`.
        threshold: Value at which the alarm fires, in the metric's unit. Default: the construct's own threshold.
        evaluation_periods: Number of periods of one minute in which the value must be reached. Default: 1.
        actions: Actions when the alarm fires, besides the construct's `alarm_actions` and those of `AlarmDefaults`.
            Default: none.
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
    """Create an alarm that fires when a metric reaches a threshold.

    The alarm gets its actions and its name from the `AlarmDefaults` on the path from the app to the alarm, no matter
    when these are added, and then the actions of the options. Missing data does not breach the threshold.

    Args:
        scope: Construct that owns the alarm.
        id: Id of the alarm in that construct.
        options: Overrides by the user.
        means: Meaning of the alarm: `"lost"` (events are lost), `"failed"` (events have failed permanently and wait for
            a person) or `"delayed"` (events are late).
        metric: Metric to watch.
        description: Text for a person: the cause of the alarm, and the remedy.
        threshold: The construct's own threshold, in the metric's unit; `None` if the construct cannot derive one.
            Default: 1.

    Returns:
        The alarm, or `None` if the user disabled it or there is no threshold.
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
        # SQS publishes no metrics for a queue without activity for hours: https://docs.aws.amazon.com/
        # AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
        treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        alarm_description=description,
    )
    complete_at_synthesis(alarm, scope)
    return alarm


def set_threshold(alarm: cloudwatch.Alarm | None, options: AlarmOptions, threshold: float | None) -> None:
    """Set the construct's own threshold of an alarm that exists, unless the user overrides it."""
    resource = None if alarm is None else resource_of(alarm)
    if threshold is not None and options.threshold is None and isinstance(resource, cloudwatch.CfnAlarm):
        resource.threshold = threshold


def set_alarm_actions(construct: Construct, actions: Sequence[AlarmAction]) -> None:
    """Add actions to all alarms of a construct (its argument `alarm_actions`)."""
    if actions:
        AlarmDefaults.of(construct).add(actions=actions)


def gather_alarms(*alarms: cloudwatch.Alarm | None) -> list[cloudwatch.Alarm]:
    """Return the alarms that are not `None`.

    Alarms that a subclass created by other means than `make_alarm` get the actions and the name of `AlarmDefaults`,
    too.
    """
    there = [alarm for alarm in alarms if alarm is not None]
    for alarm in there:
        if not isinstance(alarm, FailureAlarm):
            complete_at_synthesis(alarm, alarm)
    return there


def each_minute(statistic: str, options: dict[str, Any]) -> dict[str, Any]:
    """Return a metric's options: those of the user, on top of a period of one minute and the given statistic."""
    return {"period": of_seconds(60), "statistic": statistic, **options}
