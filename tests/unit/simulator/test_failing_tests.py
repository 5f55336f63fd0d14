"""What a failing test shows: the timeline once, the handler's error with file and line, and no frames of ours."""

from __future__ import annotations

import pytest

from tests.support.simulator.inner_runs import run_pytest
from tests.support.simulator.simulations import sqs_stack

pytest_plugins = ["pytester"]

TEST = """
from redrive import sqs_handler
from redrive_simulator import NotSimulatedError

TEMPLATE = {template!r}

def fails(event, context):
    raise ValueError("boom")

@sqs_handler
def helps(message):
    raise LookupError("no stock")

def calls(event, context):
    import socket
    socket.create_connection(("192.0.2.1", 80))

def test_it(simulate):
    simulation = simulate(TEMPLATE, {{"Function": {handler}}}, echo=False)
    simulation.send("Queue", "an order")
    simulation.run_until(5)
    simulation.assert_ended()
"""


def output_of(pytester: pytest.Pytester, handler: str) -> str:
    pytester.makepyfile(TEST.format(template=sqs_stack(), handler=handler))
    result = run_pytest(pytester, "-p", "no:logging")
    result.assert_outcomes(failed=1)
    return result.stdout.str()


@pytest.mark.parametrize(
    ("handler", "error", "line", "ci"),
    [("fails", "ValueError: boom", 7, ""), ("helps", "LookupError: no stock", 11, "true")],
)
def test_the_timeline_is_shown_once_with_the_error_of_the_handler(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, handler: str, error: str, line: int, ci: str
) -> None:
    monkeypatch.setenv("CI", ci)  # where it is set, pytest shortens no message of its summary
    shown = output_of(pytester, handler)
    assert shown.count(" an order\n") == 1  # the timeline begins with this event
    assert "errors of handlers in simulation 1" in shown
    (place,) = (each for each in shown.splitlines() if f"× Function: {error}, at {pytester.path}/" in each)
    assert place.endswith(f".py:{line} in {handler}")
    assert "redrive_simulator/" not in shown


def test_an_error_of_what_is_not_simulated_shows_the_handler_and_none_of_our_frames(pytester: pytest.Pytester) -> None:
    shown = output_of(pytester, "calls")
    assert 'socket.create_connection(("192.0.2.1", 80))' in shown
    assert "NotSimulatedError: a connection to 192.0.2.1 " in shown
    assert "redrive_simulator/" not in shown
