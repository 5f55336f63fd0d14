"""`LogsCounter`: counts attempts in the function's own log group."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from redrive.asynchronous.counters.base import DEFAULT_EXPIRY
from redrive.asynchronous.counters.remote import RemoteCounter
from redrive.aws.clients import client
from redrive.core.log import stamps, write_line
from redrive.core.system import now
from redrive.settings.base import check_name

_MARKER = "redrive.attempt"
# Shared by all counters: of two concurrent attempts, the second must be able to find the line of the first.
_one_at_a_time = Lock()


class LogsCounter(RemoteCounter):
    """Counts attempts in CloudWatch Logs: each attempt writes a line to the function's log and looks for earlier ones.

    It needs no resources of its own. **Permissions:** `logs:FilterLogEvents` on the log group, besides the permissions
    to write the function's log. **Consistency:** eventual. A new line can be found only after some seconds. Retries
    come a minute later, but a duplicate delivery right after an attempt may get the same number. **Cost:** one line for
    each attempt and one search, which reads the log of the whole `expiry`. All functions of an account and Region
    together may search only 5 to 25 times per second, and this quota is not adjustable:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html. So use it for few events only.
    The log group must be of the Standard class; its retention should be longer than `expiry`. `forget` does nothing:
    the lines expire with the retention of the log group.

    Args:
        log_group: The log group's name. Default: the function's own, from `AWS_LAMBDA_LOG_GROUP_NAME`. If that variable
            is not set (with SnapStart), the default log group of a function: `/aws/lambda/` and the function's name.
        expiry: Seconds that an attempt is counted for. Default: 22,800, enough for any event.
        write: Writes a line to the log. Default: writes to standard output, as `print` does.

    Raises:
        ValueError: `expiry` is not above 0. `increment` raises it if the log group is not known.
    """

    def __init__(
        self,
        log_group: str | None = None,
        expiry: float = DEFAULT_EXPIRY,
        write: Callable[[str], object] | None = None,
    ) -> None:
        if log_group is not None:
            check_name("LogGroup", "log_group", log_group)
        super().__init__(expiry)
        self._log_group = log_group
        self._write = write or write_line

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        if not _one_at_a_time.acquire(timeout=-1 if seconds is None else seconds):
            raise TimeoutError(f"another attempt is being looked for in the log since {seconds:.1f} s")
        try:
            moment = now()
            # Write before the search: the next attempt must find this one even if this search fails.
            self._write(marker(request_id, token, moment))
            end = None if seconds is None else moment + seconds
            found = set(self._found(request_id, moment - self._expiry, end, client("logs", seconds)))
            return len(found - {token})
        finally:
            _one_at_a_time.release()

    def _found(self, request_id: str, start: float, end: float | None, logs: Any) -> Iterator[str]:
        request: dict[str, Any] = {
            "logGroupName": self._group(),
            "startTime": max(0, int(start * 1000)),
            "filterPattern": f"{_quoted(request_id)} {_quoted(_MARKER)}",
        }
        while True:
            reply = logs.filter_log_events(**request)
            for event in reply.get("events", ()):
                token = token_in(event.get("message", ""), request_id)
                if token is not None:
                    yield token
            if not reply.get("nextToken"):  # an empty page is not always the last
                return
            if end is not None and now() >= end:
                raise TimeoutError(f"the log group {request['logGroupName']} was not searched to its end in time")
            request["nextToken"] = reply["nextToken"]

    def _group(self) -> str:
        group = self._log_group or os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        if group:
            return group
        function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        if not function:
            raise ValueError(
                "the log group to count attempts in is not known: this is no Lambda function; give its name, "
                "LogsCounter(log_group=…)"
            )
        return f"/aws/lambda/{function}"


def marker(request_id: str, token: str, moment: float) -> str:
    """Return the log line of an attempt: one line of JSON; `moment` is in seconds since the epoch."""
    line = {**stamps(moment), "event": _MARKER, "request_id": request_id, "token": token}
    return json.dumps(line, ensure_ascii=False)


def token_in(message: str, request_id: str) -> str | None:
    """Return the token in a log line, or `None` if the line is not a marker of that event."""
    try:
        line: Any = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(line, dict):
        return None
    fields: dict[str, object] = line  # pyright: ignore[reportUnknownVariableType]
    token = fields.get("token")
    is_marker = fields.get("event") == _MARKER and fields.get("request_id") == request_id
    return token if is_marker and isinstance(token, str) else None


def _quoted(term: str) -> str:
    # Escaped as in the log line. A filter pattern needs quotes around terms with anything but letters and digits:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    return json.dumps(term, ensure_ascii=False)
