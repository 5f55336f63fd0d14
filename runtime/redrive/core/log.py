"""Writes the helpers' log lines, and calls the user's hooks, whose errors it logs."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    F = TypeVar("F")

#: Longest text in characters; a longer one (such as an error that quotes its whole input) is cut.
LONGEST = 1024
_FRAMES = 6


def warn(event: str, **fields: Any) -> None:
    """Log a JSON object on the logger `redrive`, at WARNING, the lowest level that Lambda shows by default.

    Fields that are `None` are left out.

    Args:
        event: The name of the event, such as `redrive.sqs.failure`.
        **fields: Further members of the line.
    """
    line = {"event": event, **{name: value for name, value in fields.items() if value is not None}}
    logging.getLogger("redrive").warning("%s", json.dumps(line, default=str))


def shortened(text: str) -> str:
    """Return the text, cut to `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def described(error: BaseException) -> str:
    """Return the message of an error, or its type if the message is empty or its `__str__` fails."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return shortened(text) or type(error).__name__


def frames(error: BaseException) -> list[str]:
    """Return the innermost frames of an error, each as `file:line in function`."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return found[-_FRAMES:]


def call_hook(hook: Callable[[F], object] | None, argument: F, name: str = "on_failure") -> None:
    """Call the user's hook, if any; log its error and continue.

    Args:
        hook: The hook.
        argument: The argument of the hook.
        name: The name of the hook in the log.
    """
    if hook is None:
        return
    try:
        hook(argument)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # even a SystemExit in a hook must not fail the whole batch
        warn(f"redrive.{name}_failed", error=described(broken), error_type=type(broken).__name__)


def write_line(line: str) -> None:
    """Write a line to standard output at once: other threads write too, and Lambda may freeze the process after it."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def stamps(moment: float) -> dict[str, str]:
    """Return the timestamp and level for a JSON log line, so that Lambda does not drop it.

    Lambda drops lines below the function's log level, and treats a line without them as INFO:
    https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html.

    Args:
        moment: Seconds since the epoch.
    """
    from datetime import UTC, datetime

    time = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"timestamp": time, "level": os.environ.get("AWS_LAMBDA_LOG_LEVEL") or "INFO"}
