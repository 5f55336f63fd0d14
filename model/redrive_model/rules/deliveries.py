"""Rules for what delivers to functions and queues: rules and schedules of EventBridge, subscriptions of SNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redrive_model.rules.rule import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """Facts about a way of events.

    Attributes:
        kind: What delivers.
        target: Name of the function or queue.
        is_guarded: Whether it has a dead-letter queue; `None` if that is not known.
    """

    kind: Literal["rule", "schedule", "subscription"] = "rule"
    target: str = "a function"
    is_guarded: bool | None = None


def failures_are_kept(facts: DeliveryFacts) -> str | None:
    """What cannot be delivered is dropped without a dead-letter queue.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    """
    if facts.is_guarded is not False:
        return None
    remedy = "give its target a dead-letter queue" if facts.kind == "schedule" else f"guard(…) the {facts.kind}"
    return (
        f"the {facts.kind} delivers to {facts.target} and has no dead-letter queue: what it cannot deliver, as after a "
        f"wrong permission or while the target is missing, is dropped unseen; {remedy}"
    )


DELIVERY_RULES: Rules[DeliveryFacts] = Rules("delivery", warnings={"redrive:unguarded-delivery": failures_are_kept})
