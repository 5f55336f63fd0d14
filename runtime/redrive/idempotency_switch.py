"""Turns idempotency off, for tests."""

from __future__ import annotations

import os

from redrive.seams import Seam
from redrive.settings import idempotency_is_off

#: `True` turns idempotency off, `False` on; `None`: the environment variable decides. A test uses
#: `switch.replaced(True)`.
switch: Seam[bool | None] = Seam(None)


def is_off() -> bool:
    """Return True if every call runs, and nothing is claimed or stored."""
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
