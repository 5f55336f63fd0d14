"""Creates the section of `IdempotencyTable` on a `FailureDashboard`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_

from redrive.settings import MetricName
from redrive_cdk.monitoring.lines import lines_by_function
from redrive_cdk.monitoring.links import table_link
from redrive_cdk.monitoring.sections import Graph, Line, Section

# DynamoDB counts its errors by operation:
# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html
_OPERATIONS = ("BatchExecuteStatement", "BatchGetItem")


class _Table(Protocol):
    """The part of an `IdempotencyTable` that the section shows."""

    table: dynamodb.ITable
    write_throttle_alarm: cloudwatch.Alarm | None
    read_throttle_alarm: cloudwatch.Alarm | None
    not_recorded_alarms: list[cloudwatch.Alarm | None]

    def metric_write_throttled(self) -> cloudwatch.Metric: ...
    def metric_read_throttled(self) -> cloudwatch.Metric: ...
    def metric_system_errors(self, operation: str) -> cloudwatch.Metric: ...


def section_of(done: _Table, namespace: str, functions: Sequence[lambda_.IFunction]) -> Section:
    """Create the section of an idempotency table and of the functions that use it."""
    counted = partial(lines_by_function, namespace, functions)
    return Section(
        subject="idempotency table",
        advice="Work that was done and not recorded may be done again. Look at the functions' logs for its keys.",
        links=[table_link("table", done.table)],
        graphs=[
            Graph(
                answers="lost",
                title="Processed, and not recorded",
                axis="records",
                lines=counted(MetricName.NOT_RECORDED, "not recorded", done.not_recorded_alarms, "not recorded"),
            ),
            Graph(
                answers="delayed",
                title="Delayed: throttled by DynamoDB",
                axis="calls",
                lines=[
                    Line(metric=done.metric_write_throttled(), label="writes", alarm=done.write_throttle_alarm),
                    Line(metric=done.metric_read_throttled(), label="reads", alarm=done.read_throttle_alarm),
                ],
            ),
            Graph(
                answers="retried",
                title="Retried: duplicates",
                axis="records",
                lines=[
                    *counted(MetricName.DUPLICATES, "done before"),
                    *counted(MetricName.IN_PROGRESS, "in progress elsewhere"),
                ],
            ),
            Graph(
                answers="why",
                title="Errors of DynamoDB itself",
                axis="calls",
                lines=[Line(metric=done.metric_system_errors(name), label=name) for name in _OPERATIONS],
            ),
        ],
    )
