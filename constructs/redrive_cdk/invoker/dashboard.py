"""Creates the section of `SyncInvocation` on a `FailureDashboard`."""

from __future__ import annotations

from typing import Any, Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from redrive.settings import MetricName
from redrive_cdk.core.tree import stack_of
from redrive_cdk.monitoring.links import function_link, log_link
from redrive_cdk.monitoring.metrics import by_error_type, function_metric, helper_metric
from redrive_cdk.monitoring.sections import Graph, Limit, Line, Section
from redrive_model.rules.invoker import SyncFacts


class _Invocation(IConstruct, Protocol):
    """The part of a `SyncInvocation` that the section shows."""

    caller: lambda_.IFunction
    callee: lambda_.IFunction
    facts: SyncFacts
    throttle_alarm: cloudwatch.Alarm | None
    error_alarm: cloudwatch.Alarm | None

    def metric_throttles(self, **options: Any) -> cloudwatch.Metric: ...
    def metric_errors(self, **options: Any) -> cloudwatch.Metric: ...


def section_of(invocation: _Invocation, namespace: str) -> Section:
    """Create the section of a function that another one calls."""
    caller, callee = invocation.caller, invocation.callee
    tried_again = helper_metric(namespace, caller, MetricName.INVOKE_RETRIES)
    errors = invocation.metric_errors(**_place(invocation))
    return Section(
        subject="calls from one function to another",
        advice="Nothing is kept: the caller gets each failure as an error, and decides what becomes of it.",
        links=[
            function_link("called function", callee),
            log_link("its log", callee),
            function_link("caller", caller),
            log_link("the caller's log", caller),
        ],
        graphs=[
            Graph(
                answers="lost",
                title="Failed: errors of the called function",
                axis="runs",
                lines=[Line(metric=errors, label="errors", alarm=invocation.error_alarm, summary="errors")],
            ),
            _waiting(invocation),
            Graph(
                answers="retried",
                title="Retried by the caller",
                axis="calls",
                lines=[Line(metric=tried_again, label="retried", summary="calls retried", total="retried")],
            ),
            Graph(
                answers="why",
                title="Why: by error type",
                axis="calls",
                lines=[Line(metric=by_error_type(namespace, caller, MetricName.INVOKE_RETRIES, label="retried"))],
            ),
        ],
    )


def _waiting(invocation: _Invocation) -> Graph:
    timeout = invocation.facts.callee_timeout
    place = _place(invocation)
    duration = function_metric(invocation.callee, "Duration", "Maximum", place)
    throttles = invocation.metric_throttles(**place)
    return Graph(
        answers="delayed",
        title="Delayed: throttled calls and duration",
        axis="calls",
        right_unit="ms",
        lines=[
            Line(metric=throttles, label="throttled", alarm=invocation.throttle_alarm),
            Line(metric=duration, label="longest run", right=True),
        ],
        limits=[] if timeout is None else [Limit(value=1_000 * timeout, label="timeout", right=True)],
    )


def _place(invocation: _Invocation) -> dict[str, str | None]:
    """Return the metric options with the callee's account and Region; both are `None` if they are the stack's own."""
    stack, there = stack_of(invocation), invocation.callee.env
    is_here = stack.resolve([there.account, there.region]) == stack.resolve([stack.account, stack.region])
    return dict.fromkeys(("account", "region")) if is_here else {"account": there.account, "region": there.region}
