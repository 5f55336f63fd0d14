"""Bisecting a batch, case by case. DG is https://docs.aws.amazon.com/lambda/latest/dg/."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator.simulations import (
    contents,
    delivered,
    fails_for,
    failures,
    numbers_of,
    put_all,
    simulated,
)

BISECTS = [
    ("one", {37}),
    ("the first", {0}),
    ("the last", {99}),
    ("two", {10, 80}),
    ("adjacent", {49, 50}),
    ("all", set(range(100))),
]


@pytest.mark.parametrize(("name", "bad"), BISECTS)
def test_bisect_finds_the_bad_among_a_hundred(name: str, bad: set[int]) -> None:
    """DG: halves are retried, which uses no retry attempts; here there are none, and only the bad are given up."""
    done: list[int] = []

    def handler(event: dict[str, Any], context: Any) -> None:
        found = contents(event)
        if bad & set(found):
            raise ValueError
        done.extend(found)

    simulation = simulated(handler, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    put_all(simulation, range(100))
    simulation.run()
    assert done == sorted(set(range(100)) - bad)  # each once, and in order
    given_up = [numbers_of(simulation, failure) for failure in failures(simulation)]
    assert given_up == [[each] for each in sorted(bad)]
    assert all(failure.approximate_invoke_count == 1 for failure in failures(simulation))
    simulation.assert_ended()


def test_a_bisected_batch_is_a_tree_in_the_timeline() -> None:
    simulation = simulated(fails_for(2), BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    put_all(simulation, range(5))
    simulation.run()
    attempts = simulation.timeline.attempts
    assert delivered(simulation) == [[0, 1, 2, 3, 4], [0, 1], [2, 3, 4], [2], [3, 4]]
    root, first, second, third, fourth = attempts
    assert root.parent == -1
    assert (first.parent, second.parent) == (root.number, root.number)
    assert (third.parent, fourth.parent) == (second.number, second.number)
    splits = [entry for entry in simulation.timeline if entry.kind == "split"]
    assert [(entry.reason, entry.parent) for entry in splits] == [("2 + 3", root.number), ("1 + 2", second.number)]


def test_a_thrown_error_bisects_normally_with_partial_responses_on() -> None:
    simulation = simulated(fails_for(1), partial=True, BisectBatchOnFunctionError=True, MaximumRetryAttempts=0)
    put_all(simulation, (0, 1, 2, 3))
    simulation.run()
    assert delivered(simulation) == [[0, 1, 2, 3], [0, 1], [0], [1], [2, 3]]
