"""Lines for the function's log, written to standard output."""

from __future__ import annotations

import os
import sys
from datetime import UTC, datetime


def write_line(line: str) -> None:
    """Write a line, whole and at once: others may write at the same time, and Lambda may freeze the process after it.

    Args:
        line: The line, without its end.
    """
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stamps(moment: float) -> dict[str, str]:
    """Time and level, for a line of JSON that Lambda is not to drop.

    It drops lines below the function's log level, and takes one without them for INFO:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.

    Args:
        moment: Seconds since the epoch.

    Returns:
        Members of the line's object.
    """
    time = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"timestamp": time, "level": os.environ.get("AWS_LAMBDA_LOG_LEVEL") or "INFO"}
