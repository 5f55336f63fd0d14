"""The fixture `simulate`: there by itself, and a failing test shows the timeline of what it was about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive import idempotent
from redrive_simulator.pytest_plugin import Simulate
from tests.support.constructs.cdk import new_stack, python_function
from tests.support.simulator.inner_runs import run_pytest
from tests.support.simulator.simulations import fails, sqs_stack

pytest_plugins = ["pytester"]


def test_a_stack_of_the_cdk_is_simulated(simulate: Simulate) -> None:
    from redrive_cdk import SqsConsumer

    stack = new_stack()
    SqsConsumer(stack, "Orders", function=python_function(stack))
    simulation = simulate(stack, {"Function": fails})
    simulation.send("OrdersQueue", {"id": 7})
    simulation.run()
    assert simulation.queue("OrdersDeadLetterQueue").bodies == [{"id": 7}]


def test_functions_of_other_tests_share_no_keys_with_those_of_this_one(request: pytest.FixtureRequest) -> None:
    def make(kind: str) -> Callable[[Any], str]:
        @idempotent(key="id")
        def process(order: Any) -> str:
            return kind

        return process

    make("order")
    with pytest.raises(ValueError, match="the same idempotency keys"):
        make("refund")
    request.getfixturevalue("simulate")
    make("refund")


TEST = """
TEMPLATE = {template!r}

def fails(event, context):
    raise ValueError("boom")

def test_it(simulate):
    simulation = simulate(TEMPLATE, {{"Function": fails}})
    simulation.send("Queue", "the one that is lost")
    simulation.run()
    assert {condition}
"""


def test_a_failing_test_shows_the_timeline(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(template=sqs_stack(receives=1), condition='not simulation.queue("DeadLetters")'))
    result = run_pytest(pytester)
    result.assert_outcomes(failed=1)
    result.stdout.re_match_lines_random([r".*simulation 1.*", ".*1 event: 1 dead-lettered.*", ".*dead-lettered.*"])


def test_a_passing_test_shows_nothing(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(TEST.format(template=sqs_stack(receives=1), condition="True"))
    result = run_pytest(pytester, "-rA")
    result.assert_outcomes(passed=1)
    assert "simulation 1" not in result.stdout.str()
