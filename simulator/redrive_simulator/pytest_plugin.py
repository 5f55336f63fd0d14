"""Provides the pytest fixture `simulate`, and adds timelines to the report of a failing test.

    def test_an_order_without_lines_is_a_dead_letter(simulate):
        simulation = simulate(stack, {"OrdersFunction": orders.handler})
        simulation.send("OrdersQueue", {"id": 7, "lines": []})
        simulation.run()
        assert simulation.queue("OrdersDeadLetters").bodies == [{"id": 7, "lines": []}]

The fixture is available wherever `redrive` and pytest are installed.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import pytest

from redrive_simulator.errors import HistoryError

if TYPE_CHECKING:
    from redrive_model.template.template import TemplateSource
    from redrive_simulator.engine.invocation import Handler
    from redrive_simulator.simulation.simulation import Simulation


# Limits of the report: events whose timeline is shown, and lines.
_MOST_EVENTS = 10
_MOST_LINES = 200
_MOST_ERRORS = 10
_MOST_OUTPUT = 50


class Made(NamedTuple):
    """A simulation that a test has made.

    Attributes:
        simulation: The simulation.
        is_printed: Whether what its handlers write is printed already.
    """

    simulation: Simulation
    is_printed: bool


_MADE = pytest.StashKey[list[Made]]()


class HasArtifacts(Protocol):
    """An `aws_cdk.Stack`."""

    @property
    def artifact_id(self) -> str:
        """Id of the stack in its cloud assembly."""
        ...


class Simulate(Protocol):
    """Makes a simulation for a test: the type of the fixture `simulate`."""

    def __call__(
        self,
        stack: TemplateSource | HasArtifacts,
        handlers: Mapping[str, Handler] | None = None,
        **options: Any,
    ) -> Simulation:
        """Make a simulation.

        Args:
            stack: A CDK stack, or any template that `Simulation.from_template` takes.
            handlers: Handlers by the names of their functions. Default: none.
            **options: Options of `Simulation.from_template`. `echo` is false unless pytest runs with `-s`: the report
                of a failing test shows what handlers print and log.
        """
        ...


def pytest_sessionstart(session: pytest.Session) -> None:
    """Keep what handlers log without `echo` out of "Captured log", where pytest shows what a test logs itself."""
    plugin = session.config.pluginmanager.get_plugin("logging-plugin")
    handler = getattr(plugin, "report_handler", None)  # that of `caplog` is another one
    if handler is not None:
        handler.addFilter(_is_shown)


def _is_shown(_: logging.LogRecord) -> bool:
    output = sys.modules.get("redrive_simulator.handlers.output")  # loaded where a simulation was made
    return output is None or not output.is_kept_back()


@pytest.fixture
def simulate(request: pytest.FixtureRequest) -> Generator[Simulate]:
    """Make simulations of CDK stacks or templates; the report of a failing test shows their timelines.

    What handlers print and log is in the report, each different text once. With pytest's option `-s` it is printed.
    """
    made: list[Made] = []
    echo = request.config.getoption("capture", "no") == "no"
    request.node.stash[_MADE] = made

    def make(
        stack: TemplateSource | HasArtifacts, handlers: Mapping[str, Handler] | None = None, **options: Any
    ) -> Simulation:
        from redrive_simulator.simulation.simulation import Simulation

        simulation = Simulation.from_template(_template(stack), handlers, **{"echo": echo, **options})
        made.append(Made(simulation, bool(options.get("echo", echo))))
        return simulation

    from redrive.idempotency.scope import known

    # Each test stands for a process: its functions do not share idempotency keys with those of another test.
    with known.replaced({}):
        yield make
    made.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, None]:
    """Add the timelines to the report of a failed test, and the errors of its handlers."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    nothing: list[Made] = []
    made = item.stash.get(_MADE, nothing)
    # The message of a `HistoryError` has the timeline already.
    is_shown = call.excinfo is not None and call.excinfo.errisinstance(HistoryError)
    crash = getattr(report.longrepr, "reprcrash", None)
    if is_shown and crash is not None:
        # Where `CI` is set, and with -vv, pytest's summary repeats the whole message.
        crash.message = crash.message.partition("\n")[0]
    for number, (simulation, is_printed) in enumerate(made, start=1):
        if not is_shown:
            report.sections.append((f"simulation {number}", concerned(simulation)))
        errors = simulation.errors[:_MOST_ERRORS]
        if errors:
            report.sections.append((f"errors of handlers in simulation {number}", "\n".join(errors)))
        written = "\n".join(_written(simulation))
        if written and not is_printed:
            report.sections.append((f"output of handlers in simulation {number}", written))


def concerned(simulation: Simulation) -> str:
    """Return as text the timeline of the events that were not processed, kept or filtered, or else of all."""
    from redrive_simulator.timeline.selection import told_once
    from redrive_simulator.timeline.words import count

    ended = simulation.ended
    odd = [each for each in ended if each.outcome not in ("processed", "kept", "filtered")]
    odd.sort(key=lambda each: (not each.is_lost, each.outcome != "waiting"))
    timeline = simulation.timeline
    outcomes = Counter(str(each.outcome) for each in ended)
    said = ", ".join(f"{number:,} {outcome}" for outcome, number in outcomes.items())
    head = f"{simulation.now:g} s, {count(len(ended), 'event')}" + (f": {said}" if said else "")
    if odd:
        timeline = timeline.of_events(*(each.event for each in odd[:_MOST_EVENTS]))
    if len(odd) > _MOST_EVENTS:
        head += f"; the first {_MOST_EVENTS} of {len(odd):,} that were not processed"
    return "\n".join([head, *_first(told_once(timeline).text().splitlines(), _MOST_LINES)])


def _written(simulation: Simulation) -> Iterator[str]:
    from redrive_simulator.simulation.handler_output import output_in

    for name in dict.fromkeys(entry.function for entry in simulation.timeline.attempts if entry.function):
        lines = output_in(simulation.function(name).log)
        if lines:
            yield f"{name}:"
            yield from _first(lines, _MOST_OUTPUT)


def _first(lines: list[str], most: int) -> list[str]:
    rest = [f"… {len(lines) - most} more lines"] if len(lines) > most else []
    return [*lines[:most], *rest]


def _template(stack: Any) -> TemplateSource:
    """Synthesize a CDK stack in its own app and return the template; return anything else unchanged."""
    if not hasattr(stack, "artifact_id") or not hasattr(stack, "node"):
        return stack
    assembly: Any = stack.node.root.synth(force=True)  # another test may have changed the app
    return dict(assembly.get_stack_artifact(stack.artifact_id).template)
