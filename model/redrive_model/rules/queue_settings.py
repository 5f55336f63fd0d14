"""Rules for the name of a queue and for which queues may have it as their dead-letter queue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive_model import limits
from redrive_model.rules.rule import Rules

_PERMISSIONS = ("allowAll", "denyAll", "byQueue")


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettingsFacts:
    """Facts about a queue by itself; `None` means not known.

    Attributes:
        name: Name that the template gives it.
        fifo: Whether it is a FIFO queue.
        redrive_allow: Its redrive-allow policy; empty if there is none.
        dead_letters: Name of its dead-letter queue.
        is_allowed: Whether the redrive-allow policy of the dead-letter queue allows it to have that queue.
    """

    name: str | None = None
    fifo: bool | None = None
    redrive_allow: Mapping[str, Any] | None = field(default_factory=dict[str, Any])
    dead_letters: str = ""
    is_allowed: bool | None = None


def allows(policy: Mapping[str, Any], source: str) -> bool:
    """Decide if a redrive-allow policy lets the queue with an ARN have the policy's queue as dead-letter queue.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    permission = policy.get("redrivePermission", "allowAll")
    return permission == "allowAll" or (permission == "byQueue" and source in policy.get("sourceQueueArns", ()))


def name_fits_kind(facts: QueueSettingsFacts) -> str | None:
    """The names of FIFO queues, and of no others, end with `.fifo`.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    name, fifo = facts.name, facts.fifo
    if name is None or fifo is None or fifo == name.endswith(".fifo"):
        return None
    if fifo:
        return f'the FIFO queue has the name {name!r}: SQS takes names that end with ".fifo"; append it'
    return f'the standard queue has the name {name!r}: only names of FIFO queues end in ".fifo"; set FifoQueue to true'


def redrive_allow_policy_is_valid(facts: QueueSettingsFacts) -> str | None:
    """A redrive-allow policy has a permission, and names 1 to 10 sources if, and only if, that is `byQueue`.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    policy = facts.redrive_allow
    if not policy:
        return None
    permission, sources = policy.get("redrivePermission"), policy.get("sourceQueueArns")
    if permission not in _PERMISSIONS:
        return f"redrivePermission {permission!r}: SQS takes {', '.join(_PERMISSIONS)}; give one of them"
    if permission != "byQueue":
        if not sources:
            return None
        return (
            f"sourceQueueArns with the redrivePermission {permission}: SQS takes them with byQueue only; leave them "
            "out, or give byQueue"
        )
    count = len(sources or ())
    if 1 <= count <= limits.MOST_SOURCES:
        return None
    return (
        f"{count} sourceQueueArns: SQS takes 1 to {limits.MOST_SOURCES} with byQueue; give as many, or allowAll "
        "without sourceQueueArns"
    )


def dead_letter_queue_allows_it(facts: QueueSettingsFacts) -> str | None:
    """A queue can only have a dead-letter queue whose redrive-allow policy allows it.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html
    """
    if facts.is_allowed is not False:
        return None
    return (
        f"the redrive-allow policy of {facts.dead_letters} does not allow this queue to have it as dead-letter queue: "
        "SQS refuses the redrive policy; add this queue's ARN to the sourceQueueArns there, or give allowAll"
    )


QUEUE_SETTINGS_RULES: Rules[QueueSettingsFacts] = Rules(
    "queue", undeployable=(name_fits_kind, redrive_allow_policy_is_valid, dead_letter_queue_allows_it)
)
