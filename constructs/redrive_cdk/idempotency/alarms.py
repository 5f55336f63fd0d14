"""Creates the alarms of `IdempotencyTable`."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive_cdk.core import known
from redrive_cdk.core.tree import path_of, stack_of
from redrive_cdk.idempotency.metrics import IdempotencyMetrics
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_model.rules.idempotency import TableFacts

# An on-demand table throttles for a moment whenever its traffic doubles; retries of the SDK and of events handle that.
_THROTTLED_MINUTES = 5


class IdempotencyAlarms(IdempotencyMetrics):
    """Alarms of `IdempotencyTable`. Each is `None` if it is disabled or has nothing to watch.

    Attributes:
        facts: The facts about the table known at synthesis; times in seconds.
        write_throttle_alarm: Fires when writes are throttled for minutes.
        read_throttle_alarm: Fires when reads are throttled for minutes. Like the one on writes, it exists
            only in the table's own account and Region, where CloudWatch has the metrics.
        not_recorded_alarms: One for each granted function, in the order of the grants: fires when the function could
            not record what it has done, so that it may do it again. Functions with several tables have one alarm.
    """

    facts: TableFacts
    write_throttle_alarm: cloudwatch.Alarm | None
    read_throttle_alarm: cloudwatch.Alarm | None
    not_recorded_alarms: list[cloudwatch.Alarm | None]

    def _create_write_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for throttled writes."""
        return self._alarm(
            "WriteThrottleAlarm",
            options,
            self.metric_write_throttled(),
            "Claims and completions are throttled: what they are for fails and is retried, and may be done again.",
        )

    def _create_read_throttle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for throttled reads."""
        return self._alarm(
            "ReadThrottleAlarm",
            options,
            self.metric_read_throttled(),
            "Reads of what may have been done already are throttled: what they are for fails and is retried.",
        )

    def _create_not_recorded_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for work that a function has done and could not record."""
        return make_alarm(
            self,
            f"NotRecordedAlarm{len(self.not_recorded_alarms) + 1}",
            options,
            means="failed",
            metric=self.metric_not_recorded(function),
            place=function,
            description=(
                f"{path_of(function)} has done work that it could not record as done: if the event comes again, it may "
                "be done again. Its log names the keys: look for redrive.idempotency. See whether the work was done "
                f"twice, and look at the table of {path_of(self)}, its capacity and its key, and at the function's "
                "timeout."
            ),
        )

    def _alarm(
        self, id: str, options: AlarmOptions, metric: cloudwatch.Metric, consequence: str
    ) -> cloudwatch.Alarm | None:
        stack = stack_of(self)
        here = (known.text(stack.account), known.text(stack.region))
        there = (self.facts.account, self.facts.region)
        if any(None not in pair and len(set(pair)) > 1 for pair in zip(here, there, strict=True)):
            return None  # CloudWatch has a table's metrics only in the table's account and Region
        return make_alarm(
            self,
            id,
            options,
            means="delayed",
            metric=metric,
            periods=_THROTTLED_MINUTES,
            description=(
                f"{consequence} Look at the capacity of the table of {path_of(self)}, and at the account's limits."
            ),
        )
