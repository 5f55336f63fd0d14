"""Waits after a replay, and counts what becomes of the events."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from redrive.core.system import now, pause
from redrive_cli.aws import Aws
from redrive_cli.places.place import QueuePlace
from redrive_cli.places.queue import attributes_of, counts_of

# Seconds between looks, and quiet looks in a row after which nothing more is expected.
_BETWEEN = 2.0
_QUIET = 3


@dataclass(frozen=True, slots=True)
class Followed:
    """The fate of replayed events.

    Attributes:
        waiting: How many still wait in their queues, as SQS counts.
        is_complete: Whether nothing more is expected: all queues are empty.
    """

    waiting: int
    is_complete: bool


def follow(
    aws: Aws, queues: Iterable[QueuePlace], look: Callable[[], int], seconds: float, is_stopped: Callable[[], bool]
) -> Followed:
    """Look again and again until the queues are empty and nothing comes back, or the time is over.

    Args:
        aws: The account of the destinations.
        queues: The queues to which events were brought back.
        look: Looks for events that failed again, and returns how many new ones there are.
        seconds: The longest time.
        is_stopped: Whether to end early.
    """
    listed = list(queues)
    end = now() + seconds
    quiet = 0
    waiting = 0
    while not is_stopped():
        new = look()
        waiting = sum(counts_of(attributes_of(aws, queue)).total for queue in listed)
        quiet = 0 if new or waiting else quiet + 1
        # Without a queue nothing says when a function has ended its retries.
        if listed and quiet >= _QUIET:
            return Followed(waiting, is_complete=True)
        if now() + _BETWEEN > end:
            break
        pause(_BETWEEN)
    return Followed(waiting, is_complete=False)
