"""`FailureAlarm`: an alarm of one construct, or of several that watch the same metric."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Literal

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from redrive_cdk.core.creation import initialize
from redrive_cdk.core.tree import path_of, resource_of
from redrive_cdk.core.types import AlarmAction

#: Meaning of an alarm: events are lost; events have failed permanently and wait for a person; events are late.
Meaning = Literal["lost", "failed", "delayed"]

# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
_LONGEST_DESCRIPTION = 1_024
# What stands for a name or an ARN until the deployment, and the longest that it can be: an ARN with a queue's name of
# 80 characters, in the partition with the longest name.
_TOKEN = re.compile(r"\$\{Token\[[^\]]*\]\}")
_LONGEST_VALUE = len("arn:aws-us-gov:sqs:ap-southeast-2:111111111111:") + 80


class FailureAlarm(cloudwatch.Alarm):
    """An alarm created by one of the constructs.

    Attributes:
        construct: Construct that has created the alarm.
        means: Meaning of the alarm.
        actions: The user's actions for this alarm only.
        watchers: Paths of all constructs that share the alarm, beginning with that of `construct`.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        construct: Construct,
        means: Meaning,
        actions: Sequence[AlarmAction],
        derived: bool,
        derived_periods: bool,
        below: bool,
        **options: Any,
    ) -> None:
        """Create the alarm.

        Args:
            scope: Scope of the alarm: the construct, or a stack that has the metric's resource.
            id: Id of the alarm in its scope.
            construct: Construct that creates the alarm.
            means: Meaning of the alarm.
            actions: The user's actions for this alarm only.
            derived: `True` if the threshold is the constructs' own.
            derived_periods: `True` if the number of periods is their own.
            below: `True` if the alarm fires below its threshold.
            **options: `cloudwatch.AlarmProps`.
        """
        initialize(self, cloudwatch.Alarm, cloudwatch.AlarmProps, scope, id, **options)
        self.construct = construct
        self.means: Meaning = means
        self.actions = tuple(actions)
        self.watchers = [path_of(construct)]
        self._derived, self._derived_periods = derived, derived_periods
        self._strictest = max if below else min
        self._thresholds: dict[str, float] = {path_of(construct): options["threshold"]}
        self._description = str(options["alarm_description"])

    def share(self, path: str, threshold: float) -> None:
        """Watch for another construct, too, with the stricter of both thresholds."""
        if path in self._thresholds:
            return
        self.watchers.append(path)
        before = self._threshold
        self._thresholds[path] = threshold
        if self._threshold != before:
            self._resource.threshold = self._threshold
        described = f"{self._description} The alarm is also that of {', '.join(self.watchers[1:])}."
        if _longest(described) <= _LONGEST_DESCRIPTION:
            self._resource.alarm_description = described

    def derive_again(self, path: str, threshold: float | None, periods: int | None) -> None:
        """Take the threshold and the number of periods that a construct derives now."""
        if self._derived and threshold is not None:
            self._thresholds[path] = threshold
            self._resource.threshold = self._threshold
        if self._derived_periods and periods is not None:
            self._resource.evaluation_periods = periods

    def warm_up(self, minutes: int) -> None:
        """Have CloudWatch wait for the first data after a deployment.

        https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-warm-up.html
        """
        self._resource.warm_up_configuration = cloudwatch.CfnAlarm.WarmUpConfigurationProperty(
            warm_up_period_duration_in_minutes=minutes
        )

    @property
    def _threshold(self) -> float:
        return self._strictest(self._thresholds.values())

    @property
    def _resource(self) -> cloudwatch.CfnAlarm:
        resource = resource_of(self)
        assert isinstance(resource, cloudwatch.CfnAlarm)
        return resource


def fitting(description: str) -> str:
    """Return a description without its last sentences if it may be longer than CloudWatch takes."""
    sentences = description.split(". ")
    while len(sentences) > 1 and _longest(description) > _LONGEST_DESCRIPTION:
        sentences.pop()
        description = f"{'. '.join(sentences)}."
    return description


def _longest(text: str) -> int:
    """Return the length that a text may have at the deployment."""
    return len(_TOKEN.sub("x" * _LONGEST_VALUE, text))
