"""Creates the section of a `CircuitBreaker` on a `FailureDashboard`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from redrive.settings import MetricName
from redrive_cdk.circuit.switch import CircuitSwitch
from redrive_cdk.monitoring.lines import lines_by_function
from redrive_cdk.monitoring.links import function_link, log_link, queue_link, table_link
from redrive_cdk.monitoring.sections import Graph, Line, Section


class _Breaker(Protocol):
    """The part of a `CircuitBreaker` that the section shows."""

    table: dynamodb.ITable
    switch: CircuitSwitch | None
    opened_alarms: list[cloudwatch.Alarm | None]
    store_alarms: list[cloudwatch.Alarm | None]


def section_of(breaker: _Breaker, namespace: str, functions: Sequence[lambda_.IFunction]) -> Section:
    """Create the section of a circuit breaker and of the functions that use it."""
    counted = partial(lines_by_function, namespace, functions)
    links = [table_link("table", breaker.table)]
    graphs = [
        Graph(
            answers="delayed",
            title="Delayed: circuits opened",
            axis="times",
            lines=counted(MetricName.CIRCUIT_OPENED, "opened", breaker.opened_alarms, "circuit opened"),
        ),
        Graph(
            answers="retried",
            title="Retried: calls not made while open",
            axis="calls",
            lines=[
                *counted(MetricName.CIRCUIT_REJECTIONS, "not let through"),
                *counted(MetricName.CIRCUIT_CLOSED, "closed again"),
            ],
        ),
    ]
    failing = counted(MetricName.CIRCUIT_STORE_FAILURES, "state not known", breaker.store_alarms)
    switch = breaker.switch
    if switch is not None:
        failing += [
            Line(metric=switch.metric_errors(), label="switch failed", alarm=switch.error_alarm),
            Line(metric=switch.metric_invocations(), label="switch ran"),
        ]
        links += [function_link("switch", switch.function), log_link("its log", switch.function)]
        if switch.timers.dead_letter_queue is not None:
            links.append(queue_link("its dead letters", switch.timers.dead_letter_queue))
            graphs.insert(
                0,
                Graph(
                    answers="lost",
                    title="Failed: given up by the switch",
                    axis="messages",
                    lines=[
                        Line(
                            metric=switch.timers.metric_dead_letters(),
                            label="in the dead-letter queue",
                            alarm=switch.dead_letter_alarm,
                            total="failed",
                        )
                    ],
                ),
            )
    graphs.append(Graph(answers="why", title="Why: failures of the breaker itself", axis="calls", lines=failing))
    return Section(
        subject="circuit breaker",
        advice="While it is open, look at the dependency behind it. Calls are tried again without your help.",
        links=links,
        graphs=graphs,
    )
