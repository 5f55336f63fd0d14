"""Tokens by which a writer recognizes what it has written itself."""

from __future__ import annotations

import os
from itertools import count

from redrive.clock import now
from redrive.randomness import draw

_made = count()


def new_token() -> str:
    """What tells one write from all others, so that one which is sent again after a lost reply does not count twice."""
    parts = (int(now() * 1_000_000), int(draw() * 2**53), os.getpid(), next(_made))
    return "-".join(f"{part:x}" for part in parts)
