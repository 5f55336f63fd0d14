"""Runs handlers with a simulated environment, virtual time, and simulated AWS clients."""

from __future__ import annotations

import gc
from _thread import get_ident
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random
from shutil import rmtree
from tempfile import gettempdir
from typing import Any
from uuid import uuid4
from weakref import finalize

from redrive.asynchronous.counters.tmp import default_folder as attempts_folder
from redrive.aws.clients import ClientFactory, clients
from redrive.circuit.stores import stores as circuit_stores
from redrive.core.parallel import background, repeater, runner
from redrive.core.system import randomness
from redrive.handlers.failures import watcher
from redrive.idempotency.stores import stores as idempotency_stores
from redrive_simulator.engine.invocation import Invocation, Report
from redrive_simulator.engine.scheduler import Pause, Timer
from redrive_simulator.engine.world import World
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.handlers.alarms import Alarms
from redrive_simulator.handlers.chance import Chance
from redrive_simulator.handlers.clients.base import Shared
from redrive_simulator.handlers.clients.calls import Calls, answered_by
from redrive_simulator.handlers.clients.real import client_of
from redrive_simulator.handlers.clock import VirtualClock
from redrive_simulator.handlers.environment import EnvironmentVariables
from redrive_simulator.handlers.exits import Exits
from redrive_simulator.handlers.looks import step_of
from redrive_simulator.handlers.output import Output
from redrive_simulator.handlers.places import Places
from redrive_simulator.handlers.sealing import register_at_exit, sealed
from redrive_simulator.handlers.stores import Stores, circuit_store, idempotency_store
from redrive_simulator.handlers.threads import Threads, take_elsewhere
from redrive_simulator.invocation.process import ProcessSettings
from redrive_simulator.resources import Resources
from redrive_simulator.timeline.entries import Kind

_GARBAGE = 50_000


class Runtime:
    """Runs handlers, and replaces everything outside of them by the simulation while it is entered.

    Args:
        world: The simulation.
        resources: Its resources, which the simulated AWS clients use.
        seed: Seed of the helpers' random numbers.

    Attributes:
        calls: Answers AWS calls.
        problems: Errors of calls that are not simulated.
        idempotency: Idempotency stores by table.
        circuits: Circuit breaker stores for tables that the template does not have.
    """

    def __init__(
        self, world: World, resources: Resources, seed: int | str, *, echo: bool, allow_network: bool = False
    ) -> None:
        self._world = world
        self._resources = resources
        self._chance = Chance(seed)
        self._shared = shared = Shared(world, resources, self)
        self._alarms = Alarms(world, self._is_handler, self.take)
        self._threads = Threads(world, self._take, shared.turn)
        exits = Exits(world, lambda: self._is_handler(get_ident()) or self._threads.has_current())
        more = {**self._chance.replacements, **self._alarms.replacements, **exits.replacements}
        more["register"] = register_at_exit
        self._clock = VirtualClock(
            world.epoch, self.take, self._is_handler, self._elsewhere, self._threads, self.look, more
        )
        self._variables = EnvironmentVariables()
        self._random = Random(f"{seed} helpers").random
        self.calls = Calls(shared)
        region = world.parameters.region
        # Always the same function, so that helpers keep their clients.
        self._make_client: ClientFactory = lambda service, limits: client_of(service, region)
        self._stack: ExitStack | None = None
        # The same seed gives the same request ids, so no run may count the attempts of another one in /tmp.
        files = Path(gettempdir()) / f"redrive-simulation-{uuid4().hex}"
        finalize(self, rmtree, files, ignore_errors=True)
        self._attempts = str(files / "attempts")
        self._places = Places(files)
        self._settings = ProcessSettings()
        self._output = Output(world, echo=echo)
        self._allow_network = allow_network
        self.problems = shared.problems
        self.idempotency = Stores(idempotency_store, self.check)
        self.circuits = Stores(circuit_store, self.check)

    def __enter__(self) -> Runtime:
        """Install the simulation."""
        stack = self._stack = ExitStack()
        self._clock.start(self._world.scheduler.now)
        stack.callback(self._clock.stop)
        self._threads.is_running = True
        stack.callback(setattr, self._threads, "is_running", False)
        stack.callback(self._variables.restore)
        stack.enter_context(self._chance.drawn())
        stack.enter_context(clients.replaced(self._make_client))
        stack.enter_context(answered_by(self.calls.answer))
        stack.enter_context(sealed(None if self._allow_network else self._refused_connection))
        stack.enter_context(randomness.replaced(self._random))
        stack.enter_context(runner.replaced(self._run_in_turn))
        stack.enter_context(watcher.replaced(self._note_report))
        stack.enter_context(background.replaced(None))
        stack.enter_context(repeater.replaced(self._repeat))
        stack.enter_context(attempts_folder.replaced(self._attempts))
        stack.enter_context(idempotency_stores.replaced(self.idempotency))
        in_table = circuit_stores.get()
        stack.enter_context(circuit_stores.replaced(lambda table: self._circuits_in(table, in_table)))
        # A history only grows. With the default thresholds, garbage collection would take a third of the time.
        stack.callback(gc.set_threshold, *gc.get_threshold())
        gc.set_threshold(_GARBAGE, 50, 100)
        stack.enter_context(self._output.captured())
        self._settings.enter()
        stack.callback(self._settings.leave)
        # First of all, as an environment that is still shown has settings of its own.
        stack.callback(self._places.use, None)
        return self

    def __exit__(self, *_: object) -> None:
        """Restore the previous state."""
        if self._stack is not None:
            self._stack.close()
            self._stack = None

    @contextmanager
    def outside(self) -> Generator[None]:
        """Show virtual time to a call that a test makes between two runs."""
        if self._stack is not None:  # a handler calls it
            yield
            return
        self._clock.start(self._world.scheduler.now)
        try:
            with sealed(self._refused_connection):
                yield
        finally:
            self._clock.stop()

    def enter(self, invocation: Invocation) -> None:
        """Switch to the code of an invocation, with its environment and the current virtual time."""
        world = self._world
        world.invocation = invocation
        invocation.look = self.look
        self._clock.show(world.scheduler.now)
        # Mostly it is the same function again, in the same environment.
        if invocation.environment is not self._variables.current:
            self._variables.use(invocation.environment)
        if invocation.place is not self._places.current:
            self._places.use(invocation.place)

    def leave(self, outer: Invocation | None) -> None:
        """End the code of an invocation, and switch to the `outer` one in the same thread, if any."""
        self._output.finish_line()
        if outer is None:
            self._world.invocation = None
        else:
            self.enter(outer)

    def take(self, seconds: float) -> None:
        """Let virtual time pass for the current invocation, while others run.

        Raises:
            InvocationEndedError: Lambda ends the invocation at its timeout.
            RuntimeError: No handler is running.
        """
        invocation = self._world.invocation
        if self._threads.has_current():
            self._threads.sleep(seconds)
        elif invocation is None:
            raise RuntimeError("time can only be taken inside a handler: use run_until(seconds) outside of one")
        elif get_ident() != self._world.scheduler.runner:
            take_elsewhere(invocation, seconds)
        elif not self._threads:
            self._take(seconds)
        elif seconds > 0:
            self._threads.sleep(seconds)
        else:  # its threads may work, and only when they wait can others run
            self.check()

    def wait_for(self, pause: Pause, until: float) -> bool:
        """Let virtual time pass for the current handler or thread until a pause is woken, and return whether it was.

        Args:
            pause: Pause that something else wakes.
            until: Latest time to continue, in seconds from the simulation's start; may be infinite.

        Raises:
            InvocationEndedError: Lambda ends the invocation at its timeout.
        """
        return self._threads.wait_for(pause, until)

    def look(self, number: int = 1) -> None:
        """Count looks of the current handler at the clock, or what it does in a loop like them; see `step_of`."""
        invocation = self._world.invocation
        if invocation is None or get_ident() != self._world.scheduler.runner:
            return
        invocation.looks = looks = invocation.looks + number
        step = step_of(looks)
        if step and not self._shared.turn.is_of_caller():
            self.take(step)
            invocation.looks = looks

    def _take(self, seconds: float, pause: Pause | None = None) -> None:
        """Let virtual time pass for the handler that runs in this thread, until a pause is woken at most."""
        invocation, scheduler = self._world.invocation, self._world.scheduler
        assert invocation is not None
        self.check()
        end = scheduler.now + seconds
        alarm = self._alarms.due(invocation)
        if alarm < end and alarm < invocation.deadline:
            self._pass(invocation, alarm - scheduler.now, pause)
            if pause is None or not pause.woken:
                self._alarms.ring(invocation)
                self._take(end - scheduler.now, pause)
            return
        self._pass(invocation, seconds, pause)

    def _pass(self, invocation: Invocation, seconds: float, pause: Pause | None) -> None:
        """Let virtual time pass for an invocation that runs in this thread."""
        world, scheduler = self._world, self._world.scheduler
        end = scheduler.now + seconds
        if seconds > 0:
            invocation.looks = 0
        is_late = end >= invocation.deadline and not invocation.runs_on
        world.invocation = None  # events that others send meanwhile are not caused by this invocation
        until = invocation.deadline if is_late else end
        with self._shared.turn.left():
            if pause is None:
                scheduler.sleep(until - scheduler.now)
            elif scheduler.wait(pause, until):
                is_late = False
        if is_late:
            invocation.ended = Kind.TIMED_OUT
        self.enter(invocation)
        self.check()

    def check(self) -> None:
        """Check that the current invocation has not ended.

        Raises:
            InvocationEndedError: It has.
        """
        invocation = self._world.invocation
        if invocation is not None and invocation.ended is not None:
            invocation.stop()

    def _elsewhere(self) -> float:
        """Return the virtual time that the calling thread, which a handler has started, has taken."""
        invocation = self._world.invocation
        taken = None if invocation is None else invocation.elsewhere
        return 0.0 if taken is None else taken.get(get_ident(), 0.0)

    def _is_handler(self, thread: int) -> bool:
        return thread == self._world.scheduler.runner and self._world.invocation is not None

    def _run_in_turn(self, work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
        invocation = self._world.invocation
        if invocation is None or timeout is None:
            for item in items:
                work(item)
            return
        until = self._world.scheduler.now + timeout
        for item in items:
            invocation.calls_until = until
            work(item)
        invocation.calls_until = None

    def _repeat(self, seconds: float, work: Callable[[], float | None]) -> Callable[[], object]:
        """Call work in virtual time as long as the current invocation runs, beside its handler."""
        world, invocation = self._world, self._world.invocation
        planned: list[Timer | None] = [None]

        def plan(seconds: float) -> None:
            planned[0] = world.at(world.now + seconds, call, background=True)

        def call() -> None:
            if invocation is None or invocation.is_over:
                return
            outer = world.invocation
            self.enter(invocation)
            try:
                wait = work()
            finally:
                self.leave(outer)
            if wait is not None:
                plan(wait)

        plan(seconds)
        return lambda: world.scheduler.cancel(planned[0])

    def _note_report(self, failed: Any, fields: Mapping[str, Any]) -> None:
        """Keep what a helper decided about a failed record, for the history."""
        invocation = self._world.invocation
        record = fields.get("message_id") or fields.get("sequence_number")
        if invocation is not None and record is not None:
            place = str(fields.get("set_aside_to") or "")
            names = (place, place.removeprefix("s3://").partition("/")[0])
            known = (self._resources.queues.get(names[0]), self._resources.buckets.get(names[1]))
            name = next((each.name for each in known if each is not None), place)
            invocation.reports[record] = Report(failed.outcome, failed.reason, name)

    def _refused_connection(self, address: str) -> NotSimulatedError:
        remedy = "put a stand-in in the place of what connects, or pass allow_network=True to the simulation"
        return self._shared.missing(f"a connection to {address}", remedy)

    def _circuits_in(self, table: str, in_table: Callable[[str], Any]) -> Any:
        """Return the DynamoDB store if the template has the table, so that its stream works, else one in memory."""
        return in_table(table) if self._resources.tables.get(table) is not None else self.circuits(table)

    def write_error(self, error: Mapping[str, Any]) -> None:
        """Add Lambda's error object to the log of the current invocation."""
        self._output.write_error(error)
