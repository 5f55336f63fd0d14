"""Rules for what starts a rule of an event bus or a schedule: its pattern, its expression, its dates."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from redrive_model.rules.rule import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class StartFacts:
    """Facts about what starts a rule or a schedule; `None` means not known or unset.

    Attributes:
        pattern_refused: Why EventBridge refuses the event pattern.
        expression_refused: Why EventBridge refuses the schedule expression or its time zone.
        scheduled_on: Event bus of a rule with a schedule expression.
        start: Time before which a schedule does not run.
        end: Time after which it does not run.
    """

    pattern_refused: str | None = None
    expression_refused: str | None = None
    scheduled_on: str | None = None
    start: datetime | None = None
    end: datetime | None = None


def pattern_is_valid(facts: StartFacts) -> str | None:
    """EventBridge refuses a rule with an event pattern that it cannot read.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-create-pattern.html
    """
    return facts.pattern_refused


def expression_is_valid(facts: StartFacts) -> str | None:
    """EventBridge refuses a schedule expression that it cannot read.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html
    """
    return facts.expression_refused


def rule_is_on_default_bus(facts: StartFacts) -> str | None:
    """EventBridge refuses a rule with a schedule on another than the default event bus.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    """
    bus = facts.scheduled_on
    if bus is None or bus.rpartition("/")[2] == "default":
        return None
    return (
        f"the rule has a ScheduleExpression on the event bus {bus}: EventBridge runs schedules on the default event "
        "bus only; leave EventBusName out, or make it a schedule of EventBridge Scheduler"
    )


def ends_after_start(facts: StartFacts) -> str | None:
    """A schedule never runs that ends before it starts.

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateSchedule.html
    """
    start, end = facts.start, facts.end
    if start is None or end is None or start < end:
        return None
    return (
        f"the schedule ends at {end.isoformat()} and starts at {start.isoformat()}: it never runs; give an EndDate "
        "after the StartDate"
    )


START_RULES: Rules[StartFacts] = Rules(
    "start",
    undeployable=(pattern_is_valid, expression_is_valid, rule_is_on_default_bus),
    unsafe=(ends_after_start,),
)
