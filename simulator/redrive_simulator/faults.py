"""Defines the faults that a test can plan for a function."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from typing import Literal, get_args

from redrive_simulator.arguments import check_number

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

    def __post_init__(self) -> None:
        for name, possible in (("kind", get_args(FaultKind)), ("point", get_args(Point))):
            if getattr(self, name) not in possible:
                raise ValueError(f"{name}={getattr(self, name)!r}: give one of {', '.join(map(repr, possible))}")


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
        for name in ("start", "end", "probability", "at_call"):
            if name != "at_call" or self.at_call is not None:
                check_number(name, getattr(self, name))
        if not 0 <= self.probability <= 1:
            raise ValueError(f"probability={self.probability!r}: give a number from 0 to 1")
        if not self.start <= self.end:  # NaN is neither before nor after anything
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


class PlannedFaults:
    """Plans faults for functions, as a part of `Simulation`. Times are in seconds from the simulation's start."""

    def _fault(self, function: str, rule: FaultRule) -> None:
        raise NotImplementedError

    def _delivery_fault(self, target: str, rule: FaultRule) -> None:
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

    def unreachable(
        self,
        target: str,
        *,
        start: float = 0.0,
        end: float = math.inf,
        probability: float = 1.0,
        retried: bool = True,
        reason: str = "unreachable",
    ) -> None:
        """Make what AWS delivers to a target fail during an interval.

        These are the deliveries of rules, schedules, subscriptions of topics, notifications of buckets, destinations
        and dead-letter queues of functions, but not what handlers and tests send themselves. Rules and schedules try
        again by their retry policy (https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html),
        subscriptions as https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html says. What they
        give up goes to their dead-letter queues, and is lost without one. Lambda does not try its destinations again.

        Args:
            target: Name of a queue, function, topic, event bus, stream or bucket; or the ARN of something elsewhere.
            start: Start of the interval. Default: 0.
            end: End of the interval, exclusive. Default: never.
            probability: Probability per delivery, from 0 to 1. Default: 1.
            retried: Whether the services try such an error again. They do not if a permission is missing, or if the
                target does not exist. Default: yes.
            reason: Message of the error. Default: `unreachable`.

        Raises:
            UnknownNameError: No such thing, or more than one, has this name.
            ValueError: `probability` is not from 0 to 1, or `end` is before `start`.
        """
        fault = Fault("service_error" if retried else "error", reason)
        self._delivery_fault(target, FaultRule(fault, start, end, probability=probability, chance=self._chance))

    def crash_once(self, function: str, *, at_call: int, point: Point = "end") -> None:
        """Make the process end in one call of a function.

        Args:
            function: Name of the function.
            at_call: Number of the call, from 1.
            point: `"end"`: after the handler's work, so that its answer is lost. `"start"`: before the handler begins.
                Default: `"end"`.

        Raises:
            UnknownNameError: No function, or more than one, has this name.
            ValueError: `at_call` is less than 1, or `point` is neither `"start"` nor `"end"`.
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
            ValueError: `at_call` is less than 1, or `point` is neither `"start"` nor `"end"`.
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
            ValueError: `kind` or `point` is not known, `probability` is not from 0 to 1, or `end` is before `start`.
        """
        fault = Fault(kind, f"{kind} by chance", point)
        rule = FaultRule(fault, start, end, probability=probability, chance=self._chance)
        self._fault(function, rule)
