"""Rules for what delivers events before Lambda has them: rules and schedules of EventBridge, subscriptions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redrive_model.rules.rule import Rules

#: `rule` of an event bus, `schedule` of EventBridge Scheduler, `subscription` of a topic.
DeliveryKind = Literal["rule", "schedule", "subscription"]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """Known facts about one way of events to a target. `None` is unknown.

    Attributes:
        kind: What delivers.
        target: Name of the queue, topic, function or other target.
        keeps_failures: Whether it has a dead-letter queue.
        dead_letter_queue: Name of its dead-letter queue.
        dead_letter_fifo: Whether that is a FIFO queue.
        topic_fifo: Whether the topic of a subscription is FIFO.
    """

    kind: DeliveryKind = "rule"
    target: str = ""
    keeps_failures: bool | None = None
    dead_letter_queue: str | None = None
    dead_letter_fifo: bool | None = None
    topic_fifo: bool | None = None


_DROPS = {
    "rule": "EventBridge drops an event that it has failed to deliver for 24 hours or 185 attempts, or for what the "
    "target's retry policy says",
    "schedule": "EventBridge Scheduler drops an event that it has failed to deliver for 24 hours or 185 attempts, or "
    "for what the target's retry policy says",
    "subscription": "SNS drops a message that it cannot deliver, at once if the target is gone or its policy refuses",
}
_REMEDY = {
    "rule": "give the target a DeadLetterConfig with a standard queue",
    "schedule": "give the target a DeadLetterConfig with a standard queue",
    "subscription": "give the subscription a RedrivePolicy",
}


def undeliverable_is_kept(facts: DeliveryFacts) -> str | None:
    """An event that cannot be delivered, as its target is gone or refuses it, is dropped without a dead-letter queue.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html for rules and schedules, and
    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html for subscriptions.
    """
    if facts.keeps_failures is not False:
        return None
    return f"no dead-letter queue on the way to {facts.target}: {_DROPS[facts.kind]}; {_REMEDY[facts.kind]}"


def dead_letter_queue_fits(facts: DeliveryFacts) -> str | None:
    """EventBridge takes standard queues as dead-letter queues, and a subscription one of its topic's kind.

    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    """
    if facts.dead_letter_fifo is None:
        return None
    if facts.kind == "subscription":
        if facts.topic_fifo is None or facts.topic_fifo == facts.dead_letter_fifo:
            return None
        kind = "FIFO" if facts.topic_fifo else "standard"
        return (
            f"the dead-letter queue {facts.dead_letter_queue} is not of the topic's kind: SNS wants a {kind} queue for "
            f"a {kind} topic; give one"
        )
    if not facts.dead_letter_fifo:
        return None
    return f"the dead-letter queue {facts.dead_letter_queue} is FIFO: EventBridge takes standard queues; give one"


DELIVERY_RULES: Rules[DeliveryFacts] = Rules(
    "delivery",
    unsafe=(dead_letter_queue_fits,),
    warnings={"redrive:undeliverable-events": undeliverable_is_kept},
)
