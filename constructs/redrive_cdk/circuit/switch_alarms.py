"""Metrics and alarms of `CircuitSwitch`."""

from __future__ import annotations

from typing import Any

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.core.tree import path_of
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.metrics import function_metric
from redrive_cdk.sqs.consumer import SqsConsumer

# A single failed call is repeated within the minute.
_FAILING_MINUTES = 3
_IDLE_MINUTES = 5


class SwitchAlarms(Construct):
    """Base class of `CircuitSwitch` with its metrics and alarms."""

    circuit: str
    function: lambda_.IFunction
    timers: SqsConsumer
    check: events.Rule

    def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for failed runs of the function."""
        return make_alarm(
            self,
            "ErrorAlarm",
            options,
            means="delayed",
            metric=self.metric_errors(),
            periods=_FAILING_MINUTES,
            description=(
                f"{path_of(self)} cannot pause or resume event source mappings: while the circuit {self.circuit} is "
                "open, messages may spend their receives, and what was paused before may stay so. Look at the log of "
                "its function; enable the mappings by hand if that takes long."
            ),
        )

    def _create_idle_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for a function that is not invoked."""
        return make_alarm(
            self,
            "IdleAlarm",
            options,
            means="delayed",
            metric=self.metric_invocations(),
            periods=_IDLE_MINUTES,
            below=True,
            description=(
                f"Nothing invokes the function of {path_of(self)}: while the circuit {self.circuit} is open, nothing "
                "is paused, and what was paused before stays so, so that its events wait until they expire. Look at "
                f"the rule {self.check.rule_name} (is it enabled? may it invoke the function?) and at the function's "
                "concurrency; enable the mappings by hand if that takes long."
            ),
        )

    def _create_dead_letter_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for changes and timers that were given up."""
        queue = self.timers.dead_letter_queue
        assert queue is not None
        return make_alarm(
            self,
            "DeadLetterAlarm",
            options,
            means="failed",
            metric=self.timers.metric_dead_letters(),
            description=(
                f"{path_of(self)} has given up changes or timers of the circuit {self.circuit}. Look at the log of its "
                "function for the reason. Do not replay these messages: the check of each minute has done their work. "
                f"Delete them: aws sqs purge-queue --queue-url {queue.queue_url}."
            ),
        )

    def metric_invocations(self, **options: Any) -> cloudwatch.Metric:
        """Count the runs of the function; a function that is not invoked has no data.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "Invocations", "Sum", options)

    def metric_errors(self, **options: Any) -> cloudwatch.Metric:
        """Count the failed runs of the function.

        Args:
            **options: `cloudwatch.MetricOptions`. Default: the sum of each minute.

        Returns:
            The metric.
        """
        return function_metric(self.function, "Errors", "Sum", options)
