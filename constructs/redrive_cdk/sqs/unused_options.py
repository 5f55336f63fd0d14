"""Refuses unused options of `SqsConsumer` instead of ignoring them."""

from __future__ import annotations

_OF_A_QUEUE = ("fifo", "content_based_deduplication", "high_throughput", "delivery_delay", "retention_period")
_OF_A_DEAD_LETTER_QUEUE = ("dead_letter_retention_period", "dead_letter_removal_policy")
_OF_EITHER = ("encryption_key",)
_OF_FIFO = ("content_based_deduplication", "high_throughput")


def refuse_idle_options(
    path: str, *, makes_queue: bool, makes_dead_letter_queue: bool, fifo: bool | None, **options: object
) -> None:
    """Raise ValueError for an option of a queue that is not created here, or of FIFO queues on a standard queue."""
    options["fifo"] = fifo
    for names, what, applies in (
        (_OF_A_QUEUE, "a queue", makes_queue),
        (_OF_A_DEAD_LETTER_QUEUE, "a dead-letter queue", makes_dead_letter_queue),
        (_OF_EITHER, "queues", makes_queue or makes_dead_letter_queue),
    ):
        for name in names:
            if not applies and options[name] is not None:
                raise ValueError(
                    f"{path}: {name} is for {what} that SqsConsumer makes, and here it takes what there is: set it on "
                    f"that, or leave {name} unset"
                )
    for name in _OF_FIFO:
        if options[name] and not fifo:
            raise ValueError(
                f"{path}: {name}=True on a standard queue: only FIFO queues have it; set fifo=True, or leave {name} "
                "unset"
            )
