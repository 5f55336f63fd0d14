"""Finds the alarm that watches a metric already, so that each metric of a stack has one alarm."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from constructs import IConstruct

from redrive_cdk.core.tree import once, stack_of
from redrive_cdk.monitoring.failure_alarm import FailureAlarm


class Watch(NamedTuple):
    """The condition of an alarm: alarms with the same one are shared.

    Attributes:
        metric: Identity of the metric; `None` for a metric of the user's, whose alarm nobody shares.
        periods: Number of periods in which the threshold must be reached.
        window: Number of the last periods among which these may be.
        below: Whether the alarm fires below the threshold.
        threshold: The user's threshold; `None` for the constructs' own, of which the strictest counts.
    """

    metric: Hashable
    periods: int
    window: int | None
    below: bool
    threshold: float | None


class SharedAlarms:
    """The alarms of one stack that constructs may share."""

    def __init__(self) -> None:
        self._alarms: dict[Watch, FailureAlarm] = {}

    def get(self, watch: Watch) -> FailureAlarm | None:
        """Return the alarm that watches for this."""
        return None if watch.metric is None else self._alarms.get(watch)

    def add(self, watch: Watch, alarm: FailureAlarm) -> None:
        """Take a new alarm."""
        if watch.metric is not None:
            self._alarms[watch] = alarm


def shared_alarms_of(scope: IConstruct) -> SharedAlarms:
    """Return the alarms of the stack around a construct."""
    return _shared_alarms_in(stack_of(scope))


@once
def _shared_alarms_in(stack: IConstruct) -> SharedAlarms:
    return SharedAlarms()
