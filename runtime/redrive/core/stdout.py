"""Writes lines for the function's log to standard output."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime


def write_line(line: str) -> None:
    """Write a whole line at once: other threads may write too, and Lambda may freeze the process after it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stamps(moment: float) -> dict[str, str]:
    """Return the timestamp and level for a JSON log line, so that Lambda does not drop it.

    Lambda drops lines below the function's log level, and treats a line without them as INFO:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.

    Args:
        moment: Seconds since the epoch.
    """
    time = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"timestamp": time, "level": os.environ.get("AWS_LAMBDA_LOG_LEVEL") or "INFO"}
