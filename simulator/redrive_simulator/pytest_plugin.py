"""A fixture for pytest: `simulate` makes simulations, and a failing test shows the timelines of what it concerned.

    def test_an_order_without_lines_is_a_dead_letter(simulate):
        simulation = simulate(stack, {"OrdersFunction": orders.handler})
        simulation.send("OrdersQueue", {"id": 7, "lines": []})
        simulation.run()
        assert simulation.queue("OrdersDeadLetters").bodies == [{"id": 7, "lines": []}]

It is there wherever `redrive` and pytest are installed.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from redrive_simulator.functions import Handler
    from redrive_simulator.simulation import Simulation
    from redrive_simulator.template import TemplateSource

# Events whose part of the timeline is shown in full, and lines of it.
_MOST_EVENTS = 10
_MOST_LINES = 200
_MADE = pytest.StashKey[list["Simulation"]]()


class HasArtifacts(Protocol):
    """An `aws_cdk.Stack`."""

    @property
    def artifact_id(self) -> str:
        """The stack's id in its assembly."""
        ...


class Simulate(Protocol):
    """Makes a simulation for a test."""

    def __call__(
        self,
        stack: TemplateSource | HasArtifacts,
        handlers: Mapping[str, Handler] | None = None,
        **options: Any,
    ) -> Simulation:
        """Make a simulation.

        Args:
            stack: A stack of the CDK, or anything that `Simulation.from_template` takes.
            handlers: The handlers by the names of their functions.
            **options: Those of `Simulation.from_template`.
        """
        ...


@pytest.fixture
def simulate(request: pytest.FixtureRequest) -> Generator[Simulate]:
    """Makes simulations of CDK stacks or templates; when the test fails, the report has their timelines."""
    made: list[Simulation] = []
    request.node.stash[_MADE] = made

    def make(
        stack: TemplateSource | HasArtifacts, handlers: Mapping[str, Handler] | None = None, **options: Any
    ) -> Simulation:
        from redrive_simulator.simulation import Simulation

        simulation = Simulation.from_template(_template(stack), handlers, **options)
        made.append(simulation)
        return simulation

    yield make
    made.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Add the timelines to the report of a test that has failed."""
    outcome = yield
    report: pytest.TestReport = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    nothing: list[Simulation] = []
    made = item.stash.get(_MADE, nothing)
    for number, simulation in enumerate(made, start=1):
        report.sections.append((f"simulation {number}", concerned(simulation)))


def concerned(simulation: Simulation) -> str:
    """The timeline of the events that a failing test is likely to be about, as text.

    Those that were lost, or wait still, or were set aside; where there are none, all.

    Args:
        simulation: The simulation.
    """
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
    """The template of a stack of the CDK, as its own app synthesizes it; whatever else it is stays as it is."""
    if not hasattr(stack, "artifact_id") or not hasattr(stack, "node"):
        return stack
    assembly: Any = stack.node.root.synth(force=True)  # another test may have changed the app since
    return dict(assembly.get_stack_artifact(stack.artifact_id).template)
