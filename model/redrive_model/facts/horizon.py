"""Defines the retry horizon: the time in which an event may come again, counted from its first receipt."""

from __future__ import annotations

from typing import NamedTuple


class Horizon(NamedTuple):
    """A retry horizon. An idempotency table must remember work for that long, or a late retry repeats the work.

    Attributes:
        seconds: Its length.
        made_of: Its parts, for a message.
        remedy: The change that shortens it, for a message.
    """

    seconds: float
    made_of: str
    remedy: str
