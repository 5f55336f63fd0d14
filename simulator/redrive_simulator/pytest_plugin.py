"""Provides the pytest fixture `simulate`, and adds timelines to the report of a failing test.

    def test_an_order_without_lines_is_a_dead_letter(simulate):
        simulation = simulate(stack, {"OrdersFunction": orders.handler})
        simulation.send("OrdersQueue", {"id": 7, "lines": []})
        simulation.run()
        assert simulation.queue("OrdersDeadLetters").bodies == [{"id": 7, "lines": []}]

The fixture is available wherever `redrive` and pytest are installed.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

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
_MADE = pytest.StashKey[list["Simulation"]]()


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
            **options: Options of `Simulation.from_template`.
        """
        ...


@pytest.fixture
def simulate(request: pytest.FixtureRequest) -> Generator[Simulate]:
    """Make simulations of CDK stacks or templates; the report of a failing test shows their timelines."""
    made: list[Simulation] = []
    request.node.stash[_MADE] = made

    def make(
        stack: TemplateSource | HasArtifacts, handlers: Mapping[str, Handler] | None = None, **options: Any
    ) -> Simulation:
        from redrive_simulator.simulation.simulation import Simulation

        simulation = Simulation.from_template(_template(stack), handlers, **options)
        made.append(simulation)
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
    nothing: list[Simulation] = []
    made = item.stash.get(_MADE, nothing)
    # The message of a `HistoryError` has the timeline already.
    is_shown = call.excinfo is not None and call.excinfo.errisinstance(HistoryError)
    crash = getattr(report.longrepr, "reprcrash", None)
    if is_shown and crash is not None:
        # Where `CI` is set, and with -vv, pytest's summary repeats the whole message.
        crash.message = crash.message.partition("\n")[0]
    for number, simulation in enumerate(made, start=1):
        if not is_shown:
            report.sections.append((f"simulation {number}", concerned(simulation)))
        errors = simulation.errors[:_MOST_ERRORS]
        if errors:
            report.sections.append((f"errors of handlers in simulation {number}", "\n".join(errors)))


def concerned(simulation: Simulation) -> str:
    """Return as text the timeline of the events that were not processed, kept, filtered or returned, or else of all."""
    odd = [ended for ended in simulation.ended if ended.outcome not in ("processed", "kept", "filtered", "returned")]
    odd.sort(key=lambda ended: (not ended.is_lost, ended.outcome != "waiting"))
    timeline = simulation.timeline
    head = f"{simulation.now:g} s, {len(timeline.events)} events, {len(odd)} of them not processed"
    if odd:
        timeline = timeline.of_events(*(ended.event for ended in odd[:_MOST_EVENTS]))
    lines = timeline.text().splitlines()
    if len(odd) > _MOST_EVENTS:
        head += f"; the first {_MOST_EVENTS}"
    rest = [f"… {len(lines) - _MOST_LINES} more lines"] if len(lines) > _MOST_LINES else []
    return "\n".join([head, *lines[:_MOST_LINES], *rest])


def _template(stack: Any) -> TemplateSource:
    """Synthesize a CDK stack in its own app and return the template; return anything else unchanged."""
    if not hasattr(stack, "artifact_id") or not hasattr(stack, "node"):
        return stack
    assembly: Any = stack.node.root.synth(force=True)  # another test may have changed the app
    return dict(assembly.get_stack_artifact(stack.artifact_id).template)
