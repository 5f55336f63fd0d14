"""The simulator as users write it. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, assert_type

import aws_cdk as cdk
from aws_cdk.assertions import Template

from redrive import SqsMessage, sqs_handler
from redrive_simulator import (
    Ended,
    Entry,
    Event,
    Invoked,
    Kind,
    Outcome,
    Parameters,
    Response,
    Simulation,
    Timeline,
    days,
    hours,
    minutes,
)
from redrive_simulator.pytest_plugin import Simulate


@sqs_handler
def helper(message: SqsMessage[Any]) -> None: ...


def plain(event: dict[str, Any], context: object) -> str:
    return ""


class Context:
    aws_request_id: str


def with_context(event: dict[str, Any], context: Context) -> None: ...


def made(stack: cdk.Stack) -> Simulation:
    handlers = {"OrdersFunction": helper}
    Simulation.from_template({"Resources": {}}, handlers)
    Simulation.from_template("template.json", {"A": plain, "B": with_context, "C": lambda event, context: None})
    Simulation.from_template(Path("template.json"), seed="seven", strict=False, echo=False)
    Simulation.from_template(Template.from_stack(stack), template_parameters={"Stage": "prod"})
    Simulation.from_assembly("cdk.out", stack="Shop", handlers=handlers, seed=7)
    Simulation.from_template(stack)  # pyright: ignore[reportArgumentType]
    Simulation.from_template({}, {"A": "orders.handler"})  # pyright: ignore[reportArgumentType]
    Simulation.from_template({}, {"A": lambda event: None})  # pyright: ignore[reportArgumentType, reportUnknownLambdaType]
    return Simulation.from_assembly(Path("cdk.out"), parameters=Parameters(start=datetime(2026, 1, 1, tzinfo=UTC)))


def parameters() -> None:
    Parameters(async_error_waits=(30, 60), stream_retry_base=5, keep_history=False)
    Parameters(1)  # pyright: ignore[reportCallIssue]
    Parameters(async_error_waits=60)  # pyright: ignore[reportArgumentType]
    Parameters().account_concurrency = 5  # pyright: ignore[reportAttributeAccessIssue]


def in_and_out(simulation: Simulation) -> None:
    assert_type(simulation.send("Queue", {"id": 7}, group_id="a", at=minutes(5)), str)
    assert_type(simulation.invoke("Function", {"id": 7}), Invoked)
    assert_type(simulation.invoke("Function", asynchronous=True, at=hours(1)).request_id, str)
    simulation.put("Stream", b"data", partition_key="a")
    simulation.put("Stream", b"data")  # pyright: ignore[reportCallIssue]
    simulation.change("Table", {"id": 7})
    simulation.change("Table", delete={"id": 7})
    simulation.outage("Function", end=days(1), reason="maintenance")
    simulation.throttle("Function")
    simulation.service_error("Function", start=5)
    simulation.crash_once("Function", at_call=3, point="start")
    simulation.crash_once("Function", at_call=3, point="middle")  # pyright: ignore[reportArgumentType]
    simulation.time_out_once("Function", at_call=3)
    simulation.fail_by_chance("Function", 0.1, kind="crash")
    simulation.fail_by_chance("Function", 0.1, kind="fire")  # pyright: ignore[reportArgumentType]
    simulation.unreachable("Queue", start=5, end=minutes(5), retried=False)
    assert_type(simulation.request("Api", "POST", "/orders", {"id": 7}, headers={"X-Who": "me"}), Response)
    assert_type(simulation.request("Api", "GET", "/orders?full=yes", query={"a": ["1", "2"]}).json(), Any)
    assert_type(simulation.not_checked, tuple[str, ...])
    simulation.run()
    simulation.run_until(hours(2))
    assert_type(simulation.now, float)
    assert_type(simulation.not_modelled, tuple[str, ...])
    assert_type([message.body for message in simulation.queue("Queue").messages], list[str])
    assert_type(simulation.queue("Queue").bodies, list[Any])
    assert_type(len(simulation.queue("Queue")), int)
    assert_type(simulation.function("Function").calls, int)
    assert_type(simulation.function("Function").log, list[tuple[float, str]])
    assert_type(simulation.ended, list[Ended])
    assert_type(simulation.lost[0].outcome, Outcome)
    simulation.assert_nothing_lost()
    simulation.assert_ended()


def history(timeline: Timeline) -> None:
    assert_type(timeline[0], Entry)
    assert_type(timeline.attempts, list[Entry])
    assert_type(timeline.events, Mapping[str, Event])
    assert_type([entry.time for entry in timeline if entry.kind is Kind.FAILED], list[float])
    assert_type(timeline.of_events("a", "b").between(0, 60), Timeline)
    assert_type(timeline.where(lambda entry: entry.attempt > 1), Timeline)
    assert_type((timeline.text(), timeline.svg(), timeline.html()), tuple[str, str, str])
    assert_type(timeline.write_html("timeline.html"), Path)
    timeline[0].time = 5  # pyright: ignore[reportAttributeAccessIssue]


def test_with_the_fixture(simulate: Simulate, stack: cdk.Stack) -> None:
    simulation = simulate(stack, {"OrdersFunction": helper}, seed=7)
    assert_type(simulation, Simulation)
    lost: Sequence[Ended] = simulation.lost
    assert not lost
