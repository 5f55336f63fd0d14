"""Writes the helpers' log lines, and calls the user's hooks, whose errors it logs."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable

from redrive.core.system import Seam, current

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import TracebackType
    from typing import Any, TypeVar

    F = TypeVar("F")

#: Longest text in characters; a longer one (such as an error that quotes its whole input) is cut.
LONGEST = 1024
_FRAMES = 6
# Fields with these names cannot be attributes of a log record, in which they have another meaning.
_TAKEN = frozenset({"message", "asctime", *vars(logging.makeLogRecord({}))})

#: Describes an error in text, for log lines, the reasons of dead letters and of records set aside, and the table of
#: idempotency: `describe.use(lambda error: type(error).__name__)`. The option `describe=` of a handler goes before it.
#: If the function fails, the error's type is written.
describe: Seam[Callable[[BaseException], str]] = Seam(str)
# Python's own attributes: a class of errors, or its metaclass, may define others of these names.
_NAME: Any = type.__dict__["__name__"]
_TRACE: Any = BaseException.__dict__["__traceback__"]


def warn(event: str, **fields: Any) -> None:
    """Log a JSON object on the logger `redrive`, at WARNING, the lowest level that Lambda shows by default.

    In Lambda's JSON log format, and for other JSON formatters, the members are fields of the log record:
    https://docs.aws.amazon.com/lambda/latest/dg/python-logging.html. Fields that are `None` are left out.

    Args:
        event: The name of the event, such as `redrive.sqs.failure`.
        **fields: Further members of the line.
    """
    line = {"event": event, **{name: value for name, value in fields.items() if value is not None}}
    try:
        logger = logging.getLogger("redrive")
        if not logger.isEnabledFor(logging.WARNING):
            return
        # Lambda's formatter writes what `json` has made, and cannot write half of a surrogate pair.
        members = json.loads(json.dumps(line, default=str, ensure_ascii=False).encode(errors="replace"))
        attributes = {f"{name}_" if name in _TAKEN else name: value for name, value in members.items()}
        is_json = os.environ.get("AWS_LAMBDA_LOG_FORMAT", "").upper() == "JSON"
        # Text that is JSON would be a string in the JSON line, which no query looks into.
        text = event if is_json else json.dumps(line, default=str)
        logger.warning("%s", text, extra=attributes)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # such as a log handler that raises: it must not fail the batch
        _write_without_logging(event, broken)


def _write_without_logging(event: str, broken: BaseException) -> None:
    from contextlib import suppress

    with suppress(Exception):
        write_line(json.dumps({"event": event, "not_logged": f"{type_name(broken)}: {described(broken)}"}))


def shortened(text: str) -> str:
    """Return the text, cut to `LONGEST` characters."""
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def described(error: BaseException) -> str:
    """Return what `describe` makes of an error, cut short; the error's type if that is empty or fails."""
    invocation = current.get()
    users = None if invocation is None else invocation.describe
    try:
        text = (users or describe.get())(error)
        # A subclass of `str` may behave in any way.
        text = shortened(str.__str__(text)) if isinstance(text, str) else ""  # pyright: ignore[reportUnnecessaryIsInstance]
    except KeyboardInterrupt:
        raise
    except BaseException:  # the error's own text may be what must not be written
        text = ""
    return text or type_name(error)


def type_name(error: BaseException) -> str:
    """Return the name of an error's class."""
    return _NAME.__get__(type(error))


def frames(error: BaseException) -> list[str]:
    """Return the innermost frames of an error, each as `file:line in function`."""
    found: list[str] = []
    trace: TracebackType | None = _TRACE.__get__(error)
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
        warn(f"redrive.{name}_failed", error=described(broken), error_type=type_name(broken))


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
