"""Creates the alarms of all constructs in the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct, IConstruct

from redrive_cdk.core.arguments import check_fields
from redrive_cdk.core.tree import path_of, stack_of
from redrive_cdk.core.types import AlarmAction
from redrive_cdk.monitoring.alarm_defaults import AlarmDefaults, complete_at_synthesis
from redrive_cdk.monitoring.failure_alarm import FailureAlarm, Meaning, fitting
from redrive_cdk.monitoring.metrics import identity_of
from redrive_cdk.monitoring.shared_alarms import Watch, shared_alarms_of

# Lambda and EventBridge need some minutes after a deployment until the first data points are there.
_WARM_UP_MINUTES = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class AlarmOptions:
    """Overrides for one alarm.

    Attributes:
        enabled: `False` for no alarm. Default: `True`.
        threshold: Value at which the alarm fires, in the metric's unit. Default: the construct's own threshold.
        evaluation_periods: Number of periods in which the value must be reached; a period is a minute, or 5 minutes for
            an alarm that says so. Default: the construct's own number, 1 for most alarms.
        actions: Actions when the alarm fires, besides the construct's `alarm_actions` and those of `AlarmDefaults`.
            Default: none.
    """

    enabled: bool = True
    threshold: float | None = None
    evaluation_periods: int | None = None
    actions: Sequence[AlarmAction] = ()

    def __post_init__(self) -> None:
        """Refuse wrong types.

        Raises:
            TypeError: A field has a wrong type.
            ValueError: `evaluation_periods` is below 1.
        """
        check_fields(self)
        if self.evaluation_periods is not None and self.evaluation_periods < 1:
            raise ValueError(
                f"AlarmOptions: evaluation_periods {self.evaluation_periods}: an alarm looks at one period or more; "
                "give 1 or more, or leave it unset"
            )


def make_alarm(
    scope: Construct,
    id: str,
    options: AlarmOptions,
    *,
    means: Meaning,
    metric: cloudwatch.IMetric,
    description: str,
    threshold: float | None = 1,
    periods: int = 1,
    window: int | None = None,
    below: bool = False,
    place: IConstruct | None = None,
) -> FailureAlarm | None:
    """Create an alarm that fires when a metric reaches a threshold, or return the one that watches this metric already.

    The alarm gets its actions and its name from the `AlarmDefaults` on the path from the app to the alarm, no matter
    when these are added, and then the actions of the options. Missing data does not breach the threshold, except for
    `below`.

    Constructs of one stack share an alarm on the same metric, such as a function's that has several sources, with the
    strictest of their thresholds. It has the `AlarmDefaults` around all of them. An alarm is not shared if its options
    have actions, and if they have a threshold or a number of periods only with those that have the same.

    Args:
        scope: Construct that owns the alarm.
        id: Id of the alarm in that construct.
        options: Overrides by the user.
        means: Meaning of the alarm: `"lost"` (events are lost), `"failed"` (events have failed permanently and wait for
            a person) or `"delayed"` (events are late).
        metric: Metric to watch.
        description: Text for a person: what has happened, how to see it, and what to do. CloudWatch takes 1,024
            characters: the last sentences are left out if names or ARNs may make it longer.
        threshold: The construct's own threshold, in the metric's unit; `None` if the construct cannot derive one.
            Default: 1.
        periods: The construct's own number of the metric's periods in which the threshold must be reached. Default: 1.
        window: Number of the last periods among which these may be. Default: they follow one another.
        below: `True` for an alarm that fires while the metric is below the threshold or has no data. Default: `False`.
        place: What has the metric, if that may depend on the scope's stack and be in another one. The alarm is created
            in the stack of this construct. Default: the scope.

    Returns:
        The alarm, or `None` if the user disabled it or there is no threshold.
    """
    limit = threshold if options.threshold is None else options.threshold
    if not options.enabled or limit is None:
        return None
    least = periods if options.evaluation_periods is None else options.evaluation_periods
    watch = Watch(identity_of(metric), least, window, below, options.threshold)
    is_here = place is None or path_of(stack_of(place)) == path_of(stack_of(scope))
    alarms = shared_alarms_of(scope if is_here else cast("IConstruct", place))
    there = alarms.get(watch) if not options.actions else None
    if there is not None:
        there.share(path_of(scope), limit)
        complete_at_synthesis(there, scope)
        return there
    alarm = FailureAlarm(
        scope if is_here else stack_of(cast("IConstruct", place)),
        id if is_here else f"{path_of(scope)}-{id}".replace("/", "-"),
        construct=scope,
        means=means,
        actions=options.actions,
        derived=options.threshold is None,
        derived_periods=options.evaluation_periods is None,
        below=below,
        metric=metric,
        threshold=limit,
        evaluation_periods=max(least, window or least),
        datapoints_to_alarm=None if window is None else least,
        comparison_operator=_comparison(below=below),
        # SQS publishes no metrics for a queue without activity for hours: https://docs.aws.amazon.com/
        # AWSSimpleQueueService/latest/SQSDeveloperGuide/monitoring-using-cloudwatch.html
        treat_missing_data=(
            cloudwatch.TreatMissingData.BREACHING if below else cloudwatch.TreatMissingData.NOT_BREACHING
        ),
        alarm_description=fitting(description),
    )
    if below:
        alarm.warm_up(_WARM_UP_MINUTES)
    if not options.actions:
        alarms.add(watch, alarm)
    complete_at_synthesis(alarm, scope)
    return alarm


def _comparison(*, below: bool) -> cloudwatch.ComparisonOperator:
    if below:
        return cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
    return cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD


def derive_again(
    alarm: cloudwatch.Alarm | None, scope: Construct, *, threshold: float | None = None, periods: int | None = None
) -> None:
    """Set what a construct derives for its alarm again, unless the user or a subclass has chosen it."""
    if isinstance(alarm, FailureAlarm):
        alarm.derive_again(path_of(scope), threshold, periods)


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
            complete_at_synthesis(alarm, cast("Construct", alarm))
    return there
