"""The report of a failing test says each thing once: what handlers write, what became of the events, and why."""

from __future__ import annotations

import pytest

from tests.support.simulator.inner_runs import run_pytest
from tests.support.simulator.simulations import sqs_stack

pytest_plugins = ["pytester"]

TEST = """
import logging, sys, time
from redrive import sqs_handler

TEMPLATE = {template!r}

@sqs_handler
def helps(message):
    print("charging", message.receive_count)
    logging.getLogger("shop").warning("the bank is slow")
    raise KeyError("lines")

def fails(event, context):
    print("to stderr", file=sys.stderr)
    raise ValueError("boom")

def sleeps(event, context):
    time.sleep(60)

def make(simulate, handler, **options):
    simulation = simulate(TEMPLATE, {{"Function": handler}}, **options)
    simulation.send("Queue", "an order")
    simulation.run()
    return simulation

def test_it(simulate{fixtures}):
    {body}
"""


def report_of(pytester: pytest.Pytester, body: str, *arguments: str, fixtures: str = "") -> str:
    pytester.makepyfile(TEST.format(template=sqs_stack(), body=body, fixtures=fixtures))
    result = run_pytest(pytester, *arguments)
    result.assert_outcomes(failed=1)
    return result.stdout.str()


def test_what_a_handler_writes_is_shown_once(pytester: pytest.Pytester) -> None:
    shown = report_of(pytester, 'logging.warning("of the test"); assert not make(simulate, helps)')
    lines = shown.splitlines()
    assert [line.rpartition("  ")[2] for line in lines if "charging" in line and "print(" not in line] == [
        "charging 1",
        "charging 2",
        "charging 3",
    ]
    assert [line for line in lines if "bank is slow" in line and "getLogger" not in line] == [
        "0:00:00.000  3× [WARNING] the bank is slow"
    ]
    assert "Captured stdout" not in shown
    assert "of the test" in shown.partition("Captured log call")[2].partition("simulation 1")[0]
    assert "CloudWatchMetrics" not in shown
    assert '"event": "redrive.' not in shown
    # What a helper says of a missing setting is nowhere else.
    assert shown.count("no dead-letter queue is known") == 1
    assert "3× Function: KeyError: 'lines', at " in shown


def test_an_attempt_and_its_retry_are_two_lines(pytester: pytest.Pytester) -> None:
    shown = report_of(pytester, "assert not make(simulate, helps)")
    (first,) = (number for number, line in enumerate(shown.splitlines()) if "PARTLY FAILED" in line and "#1" in line)
    assert "  retry  " in shown.splitlines()[first + 1]
    assert "visibility" not in shown


def test_a_traceback_is_shown_once(pytester: pytest.Pytester) -> None:
    shown = report_of(pytester, "assert not make(simulate, fails)")
    assert shown.count("3× [ERROR] ValueError: boom\nTraceback (most recent call last):\n") == 1
    assert shown.count("3× to stderr") == 1
    assert "Captured" not in shown


@pytest.mark.parametrize(("body", "arguments"), [("echo=True", ()), ("", ("-s",))], ids=["echo", "option -s"])
def test_output_that_is_printed_is_not_shown_again(
    pytester: pytest.Pytester, body: str, arguments: tuple[str, ...]
) -> None:
    shown = report_of(pytester, f"assert not make(simulate, helps, {body})", *arguments)
    lines = [line for line in shown.splitlines() if "charging" in line and "print(" not in line]
    assert [line[-10:] for line in lines] == ["charging 1", "charging 2", "charging 3"]
    assert "output of handlers" not in shown


def test_a_test_sees_what_handlers_log(pytester: pytest.Pytester) -> None:
    body = 'make(simulate, helps); assert ("shop", 30, "the bank is slow") not in caplog.record_tuples'
    assert "assert ('shop', 30, 'the bank is slow') not in [" in report_of(pytester, body, fixtures=", caplog")


def test_the_head_says_what_became_of_the_events(pytester: pytest.Pytester) -> None:
    body = 'simulation = simulate(TEMPLATE, {"Function": sleeps}); assert simulation.invoke("Function", 7).payload == 7'
    shown = report_of(pytester, body)
    assert "\n10 s, 1 event: 1 returned\n" in shown
    assert "TIMED OUT" in shown
