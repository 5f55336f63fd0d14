"""Metrics and alarms of `CircuitBreaker`, for each function that uses the circuit."""

from __future__ import annotations

from typing import cast

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_

from redrive.settings import MetricName
from redrive_cdk.core.tree import path_of
from redrive_cdk.core.types import AnyFunction
from redrive_cdk.monitoring.alarms import AlarmOptions, make_alarm
from redrive_cdk.monitoring.metrics import helper_metric
from redrive_cdk.monitoring.monitored import Monitored

# A single failed request is repeated, or the next one succeeds: only minutes of failures matter.
_FAILING_MINUTES = 3


class CircuitAlarms(Monitored):
    """Base class of `CircuitBreaker` with its metrics and alarms.

    Attributes:
        name: The circuit's name in the functions' code.
    """

    name: str
    _namespace: str
    _granted: list[lambda_.IFunction]

    def metric_opened(self, function: AnyFunction) -> cloudwatch.Metric:
        """Count how often a function opened a circuit or found that it must stay open, for all its circuits.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return self._metric(function, MetricName.CIRCUIT_OPENED)

    def metric_rejections(self, function: AnyFunction) -> cloudwatch.Metric:
        """Count the calls that a function did not make because a circuit was open, for all its circuits.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return self._metric(function, MetricName.CIRCUIT_REJECTIONS)

    def metric_store_failures(self, function: AnyFunction) -> cloudwatch.Metric:
        """Count the calls for which a function could not read or write the state, for all its circuits.

        Args:
            function: The function, or a version or alias of it.

        Returns:
            The metric: the sum of each minute.
        """
        return self._metric(function, MetricName.CIRCUIT_STORE_FAILURES)

    def _create_opened_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for a circuit that a function opened."""
        return make_alarm(
            self,
            f"OpenedAlarm{len(self._granted)}",
            options,
            means="delayed",
            metric=self.metric_opened(function),
            place=function,
            description=(
                f"A circuit of {path_of(function)} is open: what it calls fails, and is not called any more until "
                f"probes succeed. If it is the circuit {self.name}, look at what that is in front of."
            ),
        )

    def _create_store_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
        """Create the alarm for a state that a function cannot read or write."""
        return make_alarm(
            self,
            f"StoreAlarm{len(self._granted)}",
            options,
            means="delayed",
            metric=self.metric_store_failures(function),
            place=function,
            periods=_FAILING_MINUTES,
            description=(
                f"{path_of(function)} cannot read or write the state of its circuits: unless it was told otherwise, "
                f"it calls what is behind them without protection. Look at the table of {path_of(self)} and its key."
            ),
        )

    def _metric(self, function: AnyFunction, name: str) -> cloudwatch.Metric:
        return helper_metric(self._namespace, cast("lambda_.IFunction", function), name)
