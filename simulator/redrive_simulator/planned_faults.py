"""Plans faults for functions, as a part of `Simulation`."""

from __future__ import annotations

import math
from random import Random

from redrive_simulator.faults import Fault, FaultKind, FaultRule, Point


class PlannedFaults:
    """Plans faults for functions. Times are in seconds from the simulation's start."""

    def _fault(self, function: str, rule: FaultRule) -> None:
        raise NotImplementedError

    @property
    def _chance(self) -> Random:
        raise NotImplementedError

    def outage(self, function: str, *, start: float = 0.0, end: float = math.inf, reason: str = "outage") -> None:
        """Make every call of a function fail during an interval.

        Args:
            function: Name of the function.
            start: Start of the interval. Default: 0.
            end: End of the interval, exclusive. Default: never.
            reason: Message of the error. Default: `outage`.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `end` is before `start`.
        """
        self._fault(function, FaultRule(Fault("error", reason), start, end))

    def throttle(self, function: str, *, start: float = 0.0, end: float = math.inf) -> None:
        """Make Lambda refuse every call of a function during an interval, as if no concurrency were left.

        Args:
            function: Name of the function.
            start: Start of the interval. Default: 0.
            end: End of the interval, exclusive. Default: never.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `end` is before `start`.
        """
        self._fault(function, FaultRule(Fault("throttle", "throttled"), start, end))

    def service_error(self, function: str, *, start: float = 0.0, end: float = math.inf) -> None:
        """Make Lambda fail every call of a function during an interval, before the function's code runs.

        Args:
            function: Name of the function.
            start: Start of the interval. Default: 0.
            end: End of the interval, exclusive. Default: never.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `end` is before `start`.
        """
        self._fault(function, FaultRule(Fault("service_error", "ServiceException"), start, end))

    def crash_once(self, function: str, *, at_call: int, point: Point = "end") -> None:
        """Make the process end in one call of a function.

        Args:
            function: Name of the function.
            at_call: Number of the call, from 1.
            point: `"end"`: after the handler's work, so that its answer is lost. `"start"`: before the handler begins.
                Default: `"end"`.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `at_call` is less than 1.
        """
        self._fault(function, FaultRule(Fault("crash", "crashed", point), at_call=at_call))

    def time_out_once(self, function: str, *, at_call: int, point: Point = "end") -> None:
        """Make one call of a function run into its timeout.

        Args:
            function: Name of the function.
            at_call: Number of the call, from 1.
            point: `"end"`: the handler does its work and then does not end. `"start"`: it hangs at once. Default:
                `"end"`.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `at_call` is less than 1.
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
        """Make calls of a function fail at random.

        Args:
            function: Name of the function.
            probability: Probability per call, from 0 to 1.
            kind: Kind of fault: `"error"`, `"timeout"`, `"crash"`, `"throttle"` or `"service_error"`. Default:
                `"error"`.
            point: For an error, a timeout and a crash: `"end"` if the handler does its work first, `"start"` if not.
                Default: `"start"`.
            start: Start of the interval. Default: 0.
            end: End of the interval, exclusive. Default: never.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `probability` is not from 0 to 1, or `end` is before `start`.
        """
        fault = Fault(kind, f"{kind} by chance", point)
        rule = FaultRule(fault, start, end, probability=probability, chance=self._chance)
        self._fault(function, rule)
