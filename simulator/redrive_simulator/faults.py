"""Faults that a test has put in the way of a function."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal

#: `error`: the code raises. `timeout`: it never answers. `crash`: its process ends. `throttle`: Lambda refuses the
#: call. `service_error`: Lambda fails before the code runs.
FaultKind = Literal["error", "timeout", "crash", "throttle", "service_error"]
#: Whether the handler does its work before: `"end"` has it run, and its answer is lost.
Point = Literal["start", "end"]


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with a call.

    Attributes:
        kind: What.
        reason: Why, for the history.
        point: Whether before or after the handler's work.
    """

    kind: FaultKind
    reason: str
    point: Point = "start"


@dataclass(slots=True)
class FaultRule:
    """When a fault happens: in a time, at a call, by chance; all that are given must hold.

    Attributes:
        fault: The fault.
        start: Seconds from the simulation's start.
        end: Seconds from the simulation's start, exclusive.
        at_call: The call of the function at which it happens, from 1. `None`: at any.
        probability: How likely it is at each call.
        chance: Draws.
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
        """Whether it happens.

        Args:
            now: Seconds from the simulation's start.
            call: Which call of the function this is, from 1.
        """
        if not self.start <= now < self.end or self.at_call not in (None, call):
            return False
        return self.probability >= 1 or self.chance.random() < self.probability


class Outage(Exception):
    """What a function raises in an outage that a test has planned."""
