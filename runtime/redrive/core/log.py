"""Writes the helpers' log lines: one JSON object for each line, on the logger `redrive`."""

from __future__ import annotations

import json
import logging

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: Longest text in characters; a longer one (such as an error that quotes its whole input) is cut.
LONGEST = 1024
_FRAMES = 6


def warn(event: str, **fields: Any) -> None:
    """Log a line at WARNING, the lowest level that Lambda shows by default; fields that are `None` are left out.

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
