"""Tumbling windows, case by case: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html."""

from __future__ import annotations

from typing import Any

from redrive_simulator import minutes
from tests.support.simulator.simulations import (
    contents,
    failures,
    put_all,
    simulated,
)


def test_a_tumbling_window_hands_its_state_on_and_ends_with_a_call_of_its_own() -> None:
    events: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        events.append(event)
        return {"state": {"sum": event["state"].get("sum", 0) + sum(contents(event))}}

    simulation = simulated(handler, TumblingWindowInSeconds=60, BatchSize=2)
    for at, value in ((0, 1), (0, 2), (5, 3), (70, 10)):
        simulation.put("Stream", value, partition_key="a", at=at)
    simulation.run()
    seen = [(contents(event), event["state"], event["isFinalInvokeForWindow"]) for event in events]
    assert seen == [
        ([1, 2], {}, False),
        ([3], {"sum": 3}, False),
        ([], {"sum": 6}, True),
        ([10], {}, False),
        ([], {"sum": 10}, True),
    ]
    assert events[0]["window"] == {"start": "2026-01-01T12:00:00Z", "end": "2026-01-01T12:01:00Z"}
    assert simulation.now == minutes(2)


def test_a_response_without_a_state_fails_the_invocation() -> None:
    simulation = simulated(lambda event, context: {}, TumblingWindowInSeconds=60, MaximumRetryAttempts=1)
    put_all(simulation, (1,))
    simulation.run()
    assert failures(simulation)[0].approximate_invoke_count == 2


def test_a_state_of_more_than_a_megabyte_ends_the_window_early() -> None:
    events: list[dict[str, Any]] = []

    def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
        events.append(event)
        return {"state": {"large": "x" * 1_100_000} if not event["isFinalInvokeForWindow"] else {}}

    simulation = simulated(handler, TumblingWindowInSeconds=60)
    put_all(simulation, (1,))
    simulation.run()
    assert [(event["isFinalInvokeForWindow"], event["isWindowTerminatedEarly"]) for event in events] == [
        (False, False),
        (True, True),
    ]
    assert simulation.now < 60
