"""Defines what all senders have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from redrive_cli.replay.item import Item, Outcome


class Sender(Protocol):
    """Sends events to one destination. Threads may share it."""

    def send(self, items: Sequence[Item]) -> Mapping[str, Outcome]:
        """Send up to ten events, in their order, and return what became of each, by its key.

        Raises:
            Exception: No event can be sent, such as for a missing permission.
        """
        ...
