"""Rules for what delivers to functions and queues: EventBridge, subscriptions of SNS, notifications of S3."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from redrive_model.filters import inputs
from redrive_model.filters.errors import refusal, shown
from redrive_model.filters.values import NO_JSON, read_json
from redrive_model.rules.rule import Rules, differ
from redrive_model.rules.wording import either
from redrive_model.template.arns import Elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFacts:
    """Facts about a way of events; `None` means not known.

    Attributes:
        kind: What delivers.
        target: Name of the function or queue.
        is_guarded: Whether it has a dead-letter queue.
        dead_letters: Name of the dead-letter queue.
        dead_letter_fifo: Whether the dead-letter queue is a FIFO queue.
        fifo: For a subscription, whether topic and target are FIFO. `None` also if only one of them is.
        elsewhere: Where the dead-letter queue is, if that is not the place of what delivers.
        is_allowed: For a notification to a queue or topic, whether the target's policy lets S3 send.
        target_fifo: For a notification and a subscription, whether the target is FIFO.
        topic_fifo: For a subscription, whether the topic is FIFO.
        has_trigger: For a rule, whether it has a pattern or a schedule.
        doubled_id: For a rule, the id that two of its targets have; empty if each has its own.
        inputs: For a target of a rule, the names of the properties that say what it gets.
        constant: For a target of a rule, its constant input.
        paths: For a target of a rule, JSON paths of parts of the event, by name; that of `InputPath` has none.
        template: For a target of a rule, the template of its input transformer.
    """

    kind: Literal["event bus", "rule", "schedule", "pipe", "subscription", "notification"] = "rule"
    target: str = "a function"
    is_guarded: bool | None = None
    dead_letters: str = "its dead-letter queue"
    dead_letter_fifo: bool | None = None
    fifo: bool | None = None
    elsewhere: Elsewhere | None = None
    is_allowed: bool | None = None
    target_fifo: bool | None = None
    topic_fifo: bool | None = None
    has_trigger: bool | None = None
    doubled_id: str = ""
    inputs: tuple[str, ...] = ()
    constant: str | None = None
    paths: Mapping[str, str] = field(default_factory=dict[str, str])
    template: str | None = None


_REMEDIES = {
    "schedule": "give its target a dead-letter queue",
    "pipe": "give the parameters of its source a DeadLetterConfig",
}


def failures_are_kept(facts: DeliveryFacts) -> str | None:
    """What cannot be delivered is dropped without a dead-letter queue.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-pipes-error-troubleshooting.html
    """
    if facts.is_guarded is not False:
        return None
    remedy = _REMEDIES.get(facts.kind, f"guard(…) the {facts.kind}")
    return (
        f"the {facts.kind} delivers to {facts.target} and has no dead-letter queue: what it cannot deliver, as after a "
        f"wrong permission or while the target is missing, is dropped unseen; {remedy}"
    )


def notifications_are_allowed(facts: DeliveryFacts) -> str | None:
    """S3 refuses a notification to a queue or topic whose policy does not let it send.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/grant-destinations-permissions-to-s3.html
    """
    if facts.is_allowed is not False:
        return None
    return (
        f"the notification delivers to {facts.target}, whose policy does not let s3.amazonaws.com send: S3 refuses the "
        f"notification; give the target a policy{either(', as add_event_notification does', '')}"
    )


def rule_has_trigger(facts: DeliveryFacts) -> str | None:
    """EventBridge refuses a rule that no event and no time can start.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutRule.html
    """
    if facts.has_trigger is not False:
        return None
    return "the rule has neither EventPattern nor ScheduleExpression: EventBridge refuses it; give it one of them"


def target_ids_differ(facts: DeliveryFacts) -> str | None:
    """A target with the id of another one of its rule replaces that, which then gets nothing.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
    """
    if not facts.doubled_id:
        return None
    return (
        f"two targets of the rule have the id {facts.doubled_id!r}: EventBridge keeps one of them, and the other gets "
        "nothing; give each target an id of its own"
    )


def target_input_is_valid(facts: DeliveryFacts) -> str | None:
    """EventBridge takes one of `Input`, `InputPath` and `InputTransformer` for a target, and must be able to read it.

    `Input` is JSON, a path has names, positions and `*` only, and each variable of a template has a path.

    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutTargets.html
    https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_Target.html
    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-transform-target-input.html
    """
    if len(facts.inputs) > 1:
        names = " and ".join(facts.inputs)
        return f"a target of the rule has {names}: EventBridge takes one of them; leave out the others"
    if facts.constant is None or read_json(facts.constant) is not NO_JSON:
        return refusal(lambda: inputs.check(facts.paths, facts.template))
    return (
        f"the Input of a target, {shown(facts.constant)}, is no JSON: EventBridge refuses it; write a text in quotes: "
        '"\\"text\\""'
    )


def target_of_right_kind(facts: DeliveryFacts) -> str | None:
    """S3 refuses FIFO queues and topics as targets, and SNS refuses FIFO queues as subscribers of standard topics.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-how-to-event-types-and-destinations.html
    https://docs.aws.amazon.com/sns/latest/dg/fifo-message-delivery.html
    https://github.com/getmoto/moto/pull/8957
    """
    if not facts.target_fifo:
        return None
    if facts.kind == "notification":
        return f"{facts.target} is FIFO: S3 notifies standard queues and topics only; give the bucket a standard one"
    if facts.topic_fifo is not False:
        return None
    return (
        f"{facts.target} is FIFO and the topic is standard: SNS refuses the subscription; give it a standard queue, or "
        "a FIFO topic"
    )


def standard_dead_letter_queue(facts: DeliveryFacts) -> str | None:
    """EventBridge refuses FIFO queues as dead-letter queues, of rules, buses and schedules.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
    https://docs.aws.amazon.com/scheduler/latest/UserGuide/configuring-schedule-dlq.html
    """
    if facts.kind == "subscription" or not facts.dead_letter_fifo:
        return None
    return (
        f"{facts.dead_letters} is FIFO: EventBridge takes standard queues only as dead-letter queues; give the "
        f"{facts.kind} a standard queue"
    )


def dead_letter_queue_of_same_kind(facts: DeliveryFacts) -> str | None:
    """SNS wants a FIFO queue for what a FIFO topic sends to FIFO queues, and a standard queue for a standard topic.

    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    """
    if facts.kind != "subscription" or not differ(facts.fifo, facts.dead_letter_fifo):
        return None
    kinds = {True: "FIFO", False: "standard"}
    return (
        f"the topic is {kinds[bool(facts.fifo)]}, {facts.dead_letters} is {kinds[bool(facts.dead_letter_fifo)]}: SNS "
        f"wants one kind for a subscription and its dead-letter queue; give a {kinds[bool(facts.fifo)]} queue"
    )


def dead_letter_queue_is_near(facts: DeliveryFacts) -> str | None:
    """A rule's dead-letter queue is in its Region, a subscription's in its account and its topic's Region.

    https://docs.aws.amazon.com/sns/latest/dg/sns-dead-letter-queues.html
    https://docs.aws.amazon.com/sns/latest/dg/sns-cross-region-delivery.html
    """
    is_subscription = facts.kind == "subscription"
    if facts.elsewhere is None or facts.kind == "schedule":
        return None
    what, there, here = facts.elsewhere
    if what == "account" and not is_subscription:
        return None
    wanted = "SNS wants both in one account and Region" if is_subscription else "EventBridge wants both in one Region"
    return (
        f"{facts.dead_letters} is in {there} and the {facts.kind} in {here}: {wanted}, and what it cannot deliver "
        f"would be lost; give a dead-letter queue in {here}"
    )


DELIVERY_RULES: Rules[DeliveryFacts] = Rules(
    "delivery",
    undeployable=(
        standard_dead_letter_queue,
        dead_letter_queue_of_same_kind,
        rule_has_trigger,
        target_input_is_valid,
        target_of_right_kind,
    ),
    unsafe=(dead_letter_queue_is_near, notifications_are_allowed, target_ids_differ),
    warnings={"redrive:unguarded-delivery": failures_are_kept},
)
