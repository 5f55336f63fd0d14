"""The faults that a test can put in the way of a function: a part of `Simulation`."""

from __future__ import annotations

import math
from random import Random

from redrive_simulator.faults import Fault, FaultKind, FaultRule, Point


class PlannedFaults:
    """Plans faults. Times are in seconds from the simulation's start."""

    def _fault(self, function: str, rule: FaultRule) -> None:
        raise NotImplementedError

    @property
    def _chance(self) -> Random:
        raise NotImplementedError

    def outage(self, function: str, *, start: float = 0.0, end: float = math.inf, reason: str = "outage") -> None:
        """Have every call of a function fail for a time.

        Args:
            function: Its name.
            start: From when on.
            end: Until when, exclusive.
            reason: What the error says.
        """
        self._fault(function, FaultRule(Fault("error", reason), start, end))

    def throttle(self, function: str, *, start: float = 0.0, end: float = math.inf) -> None:
        """Have Lambda refuse every call of a function for a time, as if there were no concurrency left.

        Args:
            function: Its name.
            start: From when on.
            end: Until when, exclusive.
        """
        self._fault(function, FaultRule(Fault("throttle", "throttled"), start, end))

    def service_error(self, function: str, *, start: float = 0.0, end: float = math.inf) -> None:
        """Have Lambda fail every call of a function for a time, before its code runs.

        Args:
            function: Its name.
            start: From when on.
            end: Until when, exclusive.
        """
        self._fault(function, FaultRule(Fault("service_error", "ServiceException"), start, end))

    def crash_once(self, function: str, *, at_call: int, point: Point = "end") -> None:
        """Have the process end in one call of a function.

        Args:
            function: Its name.
            at_call: Which, from 1.
            point: `"end"`: the handler has done its work, and its answer is lost. `"start"`: it has not begun.
        """
        self._fault(function, FaultRule(Fault("crash", "crashed", point), at_call=at_call))

    def time_out_once(self, function: str, *, at_call: int, point: Point = "end") -> None:
        """Have one call of a function take longer than its timeout.

        Args:
            function: Its name.
            at_call: Which, from 1.
            point: `"end"`: the handler has done its work, and then does not end. `"start"`: it hangs at once.
        """
        self._fault(function, FaultRule(Fault("timeout", "timed out", point), at_call=at_call))

    def fail_by_chance(
        self,
        function: str,
        probability: float,
        *,
        kind: FaultKind = "error",
        point: Point = "start",
        start: float = 0.0,
        end: float = math.inf,
    ) -> None:
        """Have calls of a function fail by chance.

        Args:
            function: Its name.
            probability: From 0 to 1.
            kind: How: `"error"`, `"timeout"`, `"crash"`, `"throttle"` or `"service_error"`.
            point: Of a crash, an error and a timeout: whether the handler does its work before.
            start: From when on.
            end: Until when, exclusive.
        """
        fault = Fault(kind, f"{kind} by chance", point)
        rule = FaultRule(fault, start, end, probability=probability, chance=self._chance)
        self._fault(function, rule)
