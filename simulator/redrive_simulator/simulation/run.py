"""Lets the virtual time of a simulation pass."""

from __future__ import annotations

from collections.abc import Callable

from redrive_simulator.arguments import check_number
from redrive_simulator.engine.scheduler import Pause
from redrive_simulator.engine.world import World
from redrive_simulator.handlers.runtime import Runtime
from redrive_simulator.handlers.watch import Watch
from redrive_simulator.resources import Resources


class Run:
    """Runs what is due, as a part of `Simulation`."""

    def __init__(self, world: World, resources: Resources, runtime: Runtime) -> None:
        self._world = world
        self._resources = resources
        self._runtime = runtime

    @property
    def now(self) -> float:
        """Virtual time, in seconds from the simulation's start."""
        return self._world.now

    def take(self, seconds: float) -> None:
        """Let virtual time pass inside a handler, as `time.sleep` does there.

        Args:
            seconds: Duration. Lambda ends the invocation at the function's timeout.

        Raises:
            RuntimeError: No handler is running.
        """
        self._runtime.take(seconds)

    def run(self) -> None:
        """Run until nothing is left to happen.

        Messages in a queue that nothing reads stay there: the run does not wait for the end of their retention.

        Raises:
            NotSimulatedError: A handler used something that is not simulated, or an invoked function has no handler.
            RuntimeError: A handler called this method, or works for longer than `Parameters.longest_work`, or the run
                would never end: a schedule starts again and again what is retried for longer than until its next time.
        """
        __tracebackhide__ = True
        self._run(None, None)

    def run_until(self, seconds: float) -> None:
        """Run until a time.

        Args:
            seconds: Time in seconds from the simulation's start, such as `hours(2)`.

        Raises:
            NotSimulatedError: A handler used something that is not simulated, or an invoked function has no handler.
            RuntimeError: A handler called this method, or works for longer than `Parameters.longest_work`.
            ValueError: The time is in the past.
        """
        check_number("seconds", seconds)
        if seconds < self.now:
            raise ValueError(f"run_until({seconds:g}): it is {self.now:g} s already, and time does not go back")
        __tracebackhide__ = True
        self._run(seconds, None)

    def _do(self, action: Callable[[], object], at: float | None) -> None:
        if at is not None:
            check_number("at", at)
        if at is None or at == self.now:
            action()
        elif at < self.now:
            raise ValueError(f"at={at:g}: it is {self.now:g} s already, and time does not go back")
        else:
            self._world.at(at, action)

    def _run(self, until: float | None, while_waiting: Pause | None) -> None:
        __tracebackhide__ = True
        self._world.scheduler.check_free()
        with self._runtime:
            self._world.scheduler.run(until, while_waiting=while_waiting, watch=Watch(self._world))
        problems = self._runtime.problems
        if problems:
            problem = problems[0]
            problems.clear()
            raise problem
