"""Defines what all senders have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

from redrive_cli.calls import may_have_worked, passes
from redrive_cli.errors import explained
from redrive_cli.replay.item import InDoubt, Item, NotSent, Outcome

#: Called with the events of a call just before it is made.
Intend = Callable[[Sequence[Item]], None]


class Sender(Protocol):
    """Sends events to one destination. Threads may share it."""

    def send(self, items: Sequence[Item], intend: Intend) -> Iterator[Mapping[str, Outcome]]:
        """Send up to ten events, in their order, and yield what became of each by its key, after each call.

        Raises:
            Exception: No event can be sent, such as for a missing permission.
        """
        ...


def outcome_of(error: Exception, operation: str) -> NotSent | InDoubt:
    """Return the outcome for the events of a call that failed, if others can be sent all the same.

    Raises:
        Exception: The given error: AWS refused the call, and would refuse others.
    """
    if may_have_worked(error, operation):
        return InDoubt(f"no reply says whether it was sent: {explained(error)}")
    if not passes(error):
        raise error
    return NotSent(str(explained(error)))
