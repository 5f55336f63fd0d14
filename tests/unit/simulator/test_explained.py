"""Explanation and simulation agree: attempts and ends of random stacks and failures are within their bounds."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from redrive import Permanent, sqs_handler
from redrive.settings import Backoff, SqsSettings, encode
from redrive_model.explanation.explain import explain
from redrive_model.resources.stack import stack_of
from redrive_model.schedules.course import Course
from redrive_model.template.template import Place, read_template
from redrive_simulator import Outcome, Parameters, Simulation
from tests.support.profiles import examples
from tests.support.simulator.simulations import Template, async_stack, sqs_stack, stream_stack, table_stack

URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/DeadLetters"
#: Ends of the simulator, in the words of explanations.
ENDS = {
    Outcome.PROCESSED: "processed",
    Outcome.DEAD_LETTERED: "dead-lettered",
    Outcome.DESTINATION: "given up",
    Outcome.EXPIRED: "lost",
    Outcome.DROPPED: "lost",
}
#: Sums of floating-point waits.
NEAR = 1e-6


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@st.composite
def queues(draw: st.DrawFn) -> Template:
    timeout = draw(st.integers(1, 60))
    retention = draw(st.sampled_from([60, 600, 3_600]))
    queue: dict[str, Any] = {
        "VisibilityTimeout": draw(st.integers(max(timeout, retention // 50), 900)),
        "MessageRetentionPeriod": retention,
        "DelaySeconds": draw(st.sampled_from([0, 0, 5])),
    }
    function: dict[str, Any] = {"Timeout": timeout}
    receives = draw(st.none() | st.integers(1, 12))
    if receives is not None and draw(st.booleans()):
        jitter: Any = draw(st.sampled_from(["full", "equal", "none"]))
        base = draw(st.integers(1, 30))
        waits = Backoff(base=base, cap=base * draw(st.integers(1, 20)), jitter=jitter)
        kept = SqsSettings(
            max_receive_count=receives, backoff=waits, dead_letter_queue_url=URL, function_timeout=timeout
        )
        function["Environment"] = {"Variables": {"REDRIVE_SQS_1": json.dumps(encode(kept))}}
    window = draw(st.sampled_from([0, 0, 5]))
    return sqs_stack(receives=receives, queue=queue, function_=function, MaximumBatchingWindowInSeconds=window)


@st.composite
def streams(draw: st.DrawFn) -> Template:
    options: dict[str, Any] = {
        "MaximumRetryAttempts": draw(st.sampled_from([-1, 0, 1, 5, 100])),
        "MaximumRecordAgeInSeconds": draw(st.sampled_from([-1, 60, 600, 7_200])),
        "BisectBatchOnFunctionError": draw(st.booleans()),
        "MaximumBatchingWindowInSeconds": draw(st.sampled_from([0, 0, 5])),
    }
    if draw(st.booleans()):
        return stream_stack(destination=draw(st.booleans()), **options)
    return table_stack(**options)


@st.composite
def events(draw: st.DrawFn) -> Template:
    function: dict[str, Any] = {"Timeout": draw(st.integers(1, 60))}
    if draw(st.integers(0, 5)) == 0:
        function["ReservedConcurrentExecutions"] = 0
    more: dict[str, Any] = {} if draw(st.booleans()) else {"DestinationConfig": {}}
    return async_stack(
        function_=function,
        dead_letters=draw(st.booleans()),
        MaximumRetryAttempts=draw(st.integers(0, 2)),
        MaximumEventAgeInSeconds=draw(st.sampled_from([60, 90, 180, 181, 600, 21_600])),
        **more,
    )


def send(simulation: Simulation, source: Template) -> None:
    resources = source["Resources"]
    if "Queue" in resources:
        simulation.send("Queue", "{}")
    elif "Stream" in resources:
        simulation.put("Stream", "{}", partition_key="a")
    elif "Table" in resources:
        simulation.change("Table", {"id": "a"})
    else:
        simulation.invoke("Function", {}, asynchronous=True)


def simulated(source: Template, failure: str, outage: float, took: float, parameters: Parameters) -> Simulation:
    """A simulation in which the one event fails in this way."""
    timeout = source["Resources"]["Function"]["Properties"]["Timeout"]

    def work(*_: Any) -> None:
        if failure == "crash":
            simulation.take(timeout + 1)
        if failure == "outage" and simulation.now >= outage:
            return
        simulation.take(min(took, timeout - 0.5))
        raise Permanent("no") if failure == "permanent" else ValueError("no")

    has_helper = "Environment" in source["Resources"]["Function"]["Properties"]
    handler = sqs_handler(lambda message: work()) if has_helper else work
    simulation = Simulation.from_template(
        source, {"Function": handler}, parameters=parameters, echo=False, strict=False
    )
    if failure == "throttling":
        simulation.throttle("Function")
    send(simulation, source)
    simulation.run()
    return simulation


def assert_within(course: Course, simulation: Simulation, failure: str) -> None:
    (ended,) = [each for each in simulation.ended if each.source in ("Queue", "Stream", "Table", "Function")]
    attempts = [each for each in simulation.timeline.attempts if ended.event in each.events]
    if failure == "throttling" and ended.source == "Queue":  # Lambda tries several times in one receive
        attempts = list({each.attempt: each for each in reversed(attempts)}.values())[::-1]
    assert course.count[0] <= len(attempts) <= course.count[1] or ENDS[ended.outcome] == "processed"
    for known, made in zip(course.attempts, attempts, strict=False):
        assert known.earliest - NEAR <= made.time <= known.latest + NEAR, (known, made)
    possible = [each for each in course.endings if each.end == ENDS[ended.outcome]]
    assert possible, (ended, course.endings)
    assert any(each.earliest - NEAR <= ended.time <= each.latest + NEAR for each in possible), (ended, possible)


@pytest.mark.random
@settings(max_examples=examples(60))
@given(
    source=queues() | streams() | events(),
    outage=st.floats(0, 3_000),
    took=st.sampled_from([0.0, 0.25, 3.0, 60.0]),
    haste=st.sampled_from([0.5, 0.75, 1.0]),
    data=st.data(),
)
def test_simulation_and_explanation_agree(
    source: Template, outage: float, took: float, haste: float, data: st.DataObject
) -> None:
    stack = stack_of(read_template(source, Place("eu-west-1", "111111111111"), {}))
    (way,) = explain(stack, outage=outage).ways
    assume(way.courses)
    course = data.draw(st.sampled_from(way.courses))
    parameters = Parameters(stream_retry_base=haste, stream_retry_cap=60 * haste)
    assert_within(course, simulated(source, course.failure, outage, took, parameters), course.failure)
