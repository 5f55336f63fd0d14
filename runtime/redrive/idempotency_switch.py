"""The switch that turns idempotency off, for tests."""

from __future__ import annotations

import os

from redrive.seams import Seam
from redrive.settings import idempotency_is_off

#: Whether idempotency is off; `None`: as the environment variable says. A test puts `switch.replaced(True)` around it.
switch: Seam[bool | None] = Seam(None)


def is_off() -> bool:
    """Whether every call runs, and nothing is claimed or stored."""
    off = switch.get()
    if off is not None:
        return off
    if not idempotency_is_off(os.environ):
        return False
    from redrive.log import warn

    warn(
        "redrive.idempotency.off",
        outcome="calls run each time they are made",
        remedy="this is for tests: take the environment variable away",
    )
    return True
