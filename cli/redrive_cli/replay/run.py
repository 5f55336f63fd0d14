"""Names runs."""

from __future__ import annotations

from datetime import UTC, datetime
from secrets import token_hex


def new_run(now: datetime) -> str:
    """Return the id of a new run, which begins with its time."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{token_hex(3)}"
