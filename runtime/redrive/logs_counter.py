"""`LogsCounter`: attempts counted in the function's own log group."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from threading import Lock
from typing import Any

from redrive.attempt_counter import COUNTING, DEFAULT_EXPIRY, checked_expiry
from redrive.clients import client
from redrive.clock import now
from redrive.parallel import within
from redrive.stdout import stamps, write_line
from redrive.tokens import new_token

_MARKER = "redrive.attempt"
# One for all counters: of two attempts at the same time the second one has to find what the first has written.
_one_at_a_time = Lock()


class LogsCounter:
    """Counts attempts in CloudWatch Logs: each leaves a line in the function's log, and looks for those before it.

    It needs no resources of its own. **Permissions:** `logs:FilterLogEvents` on the log group, besides what a function
    needs to write its log. **Consistency:** eventual. A line takes some seconds until it is found; retries come a
    minute later, but a duplicate delivery right behind an attempt may count as the same number. **Cost:** one line an
    attempt and one search, which reads the log of the whole `expiry`. All functions of an account and Region together
    may search 5 to 25 times a second and no more, which is not adjustable:
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/cloudwatch_limits_cwl.html. So this is for few events.
    The log group must be of the Standard class; retention should be longer than `expiry`. `forget` does nothing: the
    lines go with the log's retention.

    Args:
        log_group: The log group's name. Default: the function's own, from `AWS_LAMBDA_LOG_GROUP_NAME`, or, where that
            is not set (with SnapStart), the one that a function has by default: `/aws/lambda/` and its name.
        expiry: Seconds that an attempt is remembered for. Default: 22,800, which fits any event.
        write: Writes a line to the log. Default: to standard output, as `print` does.

    Raises:
        ValueError: `expiry` is not above 0.
    """

    def __init__(
        self,
        log_group: str | None = None,
        expiry: float = DEFAULT_EXPIRY,
        write: Callable[[str], object] | None = None,
    ) -> None:
        self._log_group = log_group
        self._expiry = checked_expiry(expiry)
        self._write = write or write_line

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Note an attempt.

        Args:
            request_id: The event's.
            seconds: How long it may take. `None`: any time.

        Returns:
            How many other attempts are found in the log.

        Raises:
            ValueError: The log group is not known.
            TimeoutError: The time is up.
            botocore.exceptions.BotoCoreError: A call failed on its way.
            botocore.exceptions.ClientError: CloudWatch Logs refused a call.
        """
        token = new_token()
        return within(seconds, lambda: self._increment(request_id, token, seconds), COUNTING)

    def forget(self, request_id: str) -> None:
        """Do nothing: the lines go with the log's retention.

        Args:
            request_id: The event's.
        """

    def _increment(self, request_id: str, token: str, seconds: float | None) -> int:
        if not _one_at_a_time.acquire(timeout=-1 if seconds is None else seconds):
            raise TimeoutError(f"another attempt is being looked for in the log since {seconds:.1f} s")
        try:
            moment = now()
            # First of all: the next attempt is to find this one, even if this one finds nothing.
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
            if not reply.get("nextToken"):  # a page may be empty and not be the last
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
    """The line that stands for an attempt.

    Args:
        request_id: The event's.
        token: The attempt's.
        moment: Seconds since the epoch.

    Returns:
        JSON in one line.
    """
    line = {**stamps(moment), "event": _MARKER, "request_id": request_id, "token": token}
    return json.dumps(line, ensure_ascii=False)


def token_in(message: str, request_id: str) -> str | None:
    """The token in a line of the log, `None` where the line is no marker of that event.

    Args:
        message: The line.
        request_id: The event's.

    Returns:
        The token.
    """
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
    # As it stands in the line. Terms with anything but letters and digits are quoted:
    # https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
    return json.dumps(term, ensure_ascii=False)
