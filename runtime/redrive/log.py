"""The helpers' log lines: one JSON object a line, on the logger `redrive`."""

from __future__ import annotations

from typing import Any

#: Longer texts (an error that quotes its whole input, say) are cut to this many characters.
LONGEST = 1024
_FRAMES = 6


def warn(event: str, **fields: Any) -> None:
    """Log a line at WARNING, the lowest level that Lambda shows by default.

    Args:
        event: What happened, such as `redrive.sqs.failure`.
        **fields: What else to say; `None` is left out.
    """
    import json
    import logging  # Lambda's runtime has loaded it already; elsewhere a batch without failures does not pay for it

    line = {"event": event, **{name: value for name, value in fields.items() if value is not None}}
    logging.getLogger("redrive").warning("%s", json.dumps(line, default=str))


def shortened(text: str) -> str:
    """The text, cut to `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def described(error: BaseException) -> str:
    """What the error says, or its type where it says nothing. An error whose own `__str__` fails is no obstacle."""
    try:
        text = str(error)
    except Exception:
        text = ""
    return shortened(text) or type(error).__name__


def frames(error: BaseException) -> list[str]:
    """Where the error came from: its innermost frames, `file:line in function`."""
    found: list[str] = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        found.append(f"{code.co_filename}:{trace.tb_lineno} in {code.co_name}")
        trace = trace.tb_next
    return found[-_FRAMES:]
