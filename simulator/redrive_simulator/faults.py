"""Defines the faults that a test can plan for a function."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal

#: `error`: the code raises. `timeout`: the code never answers. `crash`: the process ends. `throttle`: Lambda refuses
#: the call. `service_error`: Lambda fails before the code runs.
FaultKind = Literal["error", "timeout", "crash", "throttle", "service_error"]
#: `"start"`: the fault strikes before the handler's work. `"end"`: the handler runs, and its answer is lost.
Point = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault in a call.

    Attributes:
        kind: Kind of fault.
        reason: Reason for the history.
        point: Whether it strikes before or after the handler's work.
    """

    kind: FaultKind
    reason: str
    point: Point = "start"


@dataclass(slots=True)
class FaultRule:
    """The conditions under which a fault happens; all of them must be true.

    Attributes:
        fault: The fault.
        start: First time, in seconds from the simulation's start.
        end: End time, exclusive, in seconds from the simulation's start.
        at_call: Number of the call of the function, from 1. `None`: every call.
        probability: Probability per call, from 0 to 1.
        chance: Random source.
    """

    fault: Fault
    start: float = 0.0
    end: float = math.inf
    at_call: int | None = None
    probability: float = 1.0
    chance: Random = field(default_factory=Random)

    def __post_init__(self) -> None:
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability={self.probability!r}: give a number from 0 to 1")
        if self.end < self.start:
            raise ValueError(f"end={self.end!r} is before start={self.start!r}; both are seconds from the start")
        if self.at_call is not None and self.at_call < 1:
            raise ValueError(f"at_call={self.at_call!r}: calls are counted from 1")

    def applies(self, now: float, call: int) -> bool:
        """Decide if the fault happens at `now` (seconds from the start) in call number `call` (from 1)."""
        if not self.start <= now < self.end or self.at_call not in (None, call):
            return False
        return self.probability >= 1 or self.chance.random() < self.probability


class Outage(Exception):
    """The exception that a function raises in a planned outage."""
