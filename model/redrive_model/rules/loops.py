"""Rules for events that come back to where they have been."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from redrive_model import limits
from redrive_model.rules.rule import Rules

#: The way of an event from one resource to the next.
Way = Literal[
    "dead-letter queue",
    "destination on failure",
    "destination on success",
    "event source mapping",
    "notification",
    "rule",
    "subscription",
]


class Step(NamedTuple):
    """A step of an event.

    Attributes:
        resource: Name of the resource that it leaves.
        way: How it leaves.
    """

    resource: str
    way: Way


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopFacts:
    """A way that ends where it has begun.

    Attributes:
        steps: The steps; the last one leads back to the first resource.
    """

    steps: tuple[Step, ...]

    @property
    def has_dead_letters_only(self) -> bool:
        """Return True if the loop leads through dead-letter queues alone."""
        return all(each.way == "dead-letter queue" for each in self.steps)

    @property
    def shown(self) -> str:
        """The way, for a message."""
        return "".join(f"{each.resource} → ({each.way}) " for each in self.steps) + f"→ {self.steps[0].resource}"


def dead_letters_end(facts: LoopFacts) -> str | None:
    """Queues that are each other's dead-letter queues deliver a poison message forever.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    if not facts.has_dead_letters_only:
        return None
    return (
        f"dead-letter queues in a circle, {facts.shown}: a message that fails never leaves it, and nobody sees it; "
        "give the last of them no redrive policy"
    )


def events_end(facts: LoopFacts) -> str | None:
    """Lambda stops most loops after about 16 invocations, and sends the event to its failures once more.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    if facts.has_dead_letters_only:
        return None
    return (
        f"events can go round, {facts.shown}: what fails there comes back, in another form each time, until Lambda "
        f"stops it after about {limits.RECURSION_LIMIT} invocations, or never; give the failures to another function "
        "or to a queue that nothing reads, or acknowledge this if the function ends the loop"
    )


LOOP_RULES: Rules[LoopFacts] = Rules("loop", unsafe=(dead_letters_end,), warnings={"redrive:loop": events_end})
