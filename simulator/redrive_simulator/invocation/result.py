"""Represents the result of a call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from redrive_simulator.engine.invocation import Report
from redrive_simulator.timeline.entries import Kind

#: HTTP status of a call whose code ran.
OK = 200
_NONE: Mapping[str, Report] = {}


class Result(NamedTuple):
    """The result of a call.

    Attributes:
        kind: One of `timeline.entries.ATTEMPTS`.
        response: Return value of the handler, as JSON.
        error: Error object of Lambda, after a function error.
        reason: Short reason for the history.
        started: Time of the call, in seconds from the simulation's start.
        status: HTTP status of the call.
        reports: Decisions of helpers by message id or sequence number.
    """

    kind: Kind
    response: Any
    error: dict[str, Any] | None
    reason: str
    started: float
    status: int = OK
    reports: Mapping[str, Report] = _NONE

    @property
    def ran(self) -> bool:
        """True if Lambda ran the function instead of refusing the call."""
        return self.status == OK
