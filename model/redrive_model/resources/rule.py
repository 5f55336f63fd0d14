"""Reads rules of event buses, and schedules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.expressions import PartlyUnknown
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a rule or a schedule.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html

    Attributes:
        arn: ARN.
        input: Constant input, as text; `None`: the event.
        input_path: JSON path of the part of the event that is sent; `None`: all.
        paths: JSON paths of an input transformer by the names of its variables.
        template: Template of an input transformer; `None`: there is none.
        dead_letter_arn: Dead-letter queue.
        retries: Most retries of a delivery.
        event_age: Age in seconds after which a delivery is not tried again.
        group_id: Message group for a FIFO queue.
    """

    arn: str
    input: str | None = None
    input_path: str | None = None
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    template: str | None = None
    dead_letter_arn: str | None = None
    group_id: str | None = None
    retries: int = limits.RULE_RETRIES.most
    event_age: float = limits.RULE_EVENT_AGE.most


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule of an event bus, or a schedule of EventBridge Scheduler.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        arn: ARN.
        rule_name: Name at AWS.
        bus: Name or ARN of the event bus; empty for a schedule of EventBridge Scheduler.
        pattern: Event pattern, as an object or as JSON text, or `None`.
        schedule: Schedule expression, or `None`.
        time_zone: Time zone of the schedule.
        start: Time before which the schedule does not run.
        end: Time after which the schedule does not run.
        targets: Targets.
    """

    name: str
    arn: str
    rule_name: str
    bus: str = ""
    pattern: Mapping[str, Any] | str | None = None
    schedule: str | None = None
    time_zone: str = "UTC"
    start: datetime | None = None
    end: datetime | None = None
    targets: tuple[Target, ...] = ()


def read_rule(resource: Resource) -> RuleSpec | None:
    """Read an `AWS::Events::Rule`; `None` if it is disabled."""
    given = resource.properties
    if given.get("State", "ENABLED") == "DISABLED":
        return None
    return RuleSpec(
        resource.name,
        resource.arn,
        resource.reference,
        bus=str(given.get("EventBusName", "default")),
        pattern=given.get("EventPattern") or None,
        schedule=given.get("ScheduleExpression"),
        targets=tuple(_read_target(each) for each in given.get("Targets") or ()),
    )


def is_universal(schedule: Resource) -> bool:
    """Decide if a schedule calls an operation of AWS by its name instead of sending an event.

    https://docs.aws.amazon.com/scheduler/latest/UserGuide/managing-targets-universal.html
    """
    return ":aws-sdk:" in str(values.fields(schedule.properties.get("Target")).get("Arn"))


def read_schedule(resource: Resource) -> RuleSpec | None:
    """Read an `AWS::Scheduler::Schedule`; `None` if it is disabled."""
    given = resource.properties
    if given.get("State", "ENABLED") == "DISABLED":
        return None
    return RuleSpec(
        resource.name,
        resource.arn,
        resource.reference,
        schedule=str(given.get("ScheduleExpression")),
        time_zone=str(given.get("ScheduleExpressionTimezone", "UTC")),
        start=read_time(given.get("StartDate")),
        end=read_time(given.get("EndDate")),
        targets=(_read_target(values.fields(given.get("Target"))),),
    )


def _read_target(given: Mapping[str, Any]) -> Target:
    policy = values.fields(given.get("RetryPolicy"))
    transformer = values.fields(given.get("InputTransformer"))
    return Target(
        str(given.get("Arn", "")),
        given.get("Input"),
        given.get("InputPath"),
        paths=values.fields(transformer.get("InputPathsMap")),
        template=transformer.get("InputTemplate"),
        dead_letter_arn=values.fields(given.get("DeadLetterConfig")).get("Arn"),
        group_id=values.fields(given.get("SqsParameters")).get("MessageGroupId"),
        retries=int(policy.get("MaximumRetryAttempts", limits.RULE_RETRIES.most)),
        event_age=float(policy.get("MaximumEventAgeInSeconds", limits.RULE_EVENT_AGE.most)),
    )


def read_time(text: str | None) -> datetime | None:
    """Read a date of a schedule, in UTC; `None` if there is none, or if only the deployment knows it."""
    return None if text is None or isinstance(text, PartlyUnknown) else datetime.fromisoformat(text)
