"""Makes unique tokens, by which a writer recognizes its own writes."""

from __future__ import annotations

import os
from itertools import count

from redrive.clock import now
from redrive.randomness import draw

_made = count()


def new_token() -> str:
    """Return a unique token for one write, so that a write that is sent again after a lost reply counts only once."""
    parts = (int(now() * 1_000_000), int(draw() * 2**53), os.getpid(), next(_made))
    return "-".join(f"{part:x}" for part in parts)
