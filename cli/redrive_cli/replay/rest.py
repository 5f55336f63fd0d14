"""Knows what interrupted replays of the same places left."""

from __future__ import annotations

from collections.abc import Iterable

from redrive.core.system import now
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.journal import Pending

# Seconds in which a FIFO queue drops the second copy of a message are 300; less time for a send that has to wait.
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/using-messagededuplicationid-property.html
_DROPPED = 240.0


class Rest:
    """The failures whose replay was interrupted. Threads may share it.

    Args:
        before: What the journals say.
    """

    def __init__(self, before: Iterable[Pending] = ()) -> None:
        self._sent: set[str] = set()
        self._in_doubt: dict[str, float] = {}
        for each in before:
            self._sent |= each.sent
            for id, at in each.in_doubt.items():
                self._in_doubt[id] = min(at, self._in_doubt.get(id, at))

    @property
    def is_empty(self) -> bool:
        """True if it is known what became of everything."""
        return not self._sent and not self._in_doubt

    def was_sent(self, id: str) -> bool:
        """Return whether a failure was sent, and is only to be deleted."""
        return id in self._sent

    def was_intended(self, id: str) -> bool:
        """Return whether a failure may have been sent."""
        return id in self._in_doubt

    def is_in_doubt(self, id: str, to: Destination) -> bool:
        """Return whether a failure may have been sent, and a second send would make two events of it."""
        at = self._in_doubt.get(id)
        return at is not None and not (to.is_fifo and now() - at < _DROPPED)

    def settle(self, ids: Iterable[str]) -> None:
        """Forget failures: it is known now what became of them."""
        for id in ids:
            self._sent.discard(id)
            self._in_doubt.pop(id, None)

    def forget(self, place: str) -> None:
        """Forget all failures of a place, by the first part of their ids."""
        self.settle([id for id in (*self._sent, *self._in_doubt) if id.startswith(f"{place}/")])
