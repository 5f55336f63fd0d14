"""Threads of a handler invoke other functions, and handlers share the threads of a pool that was made before."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template
from tests.support.simulator.usual_stack import REGION

STACK = template(
    Calls=function(Timeout=30, FunctionName="Calls"),
    Sleeps=function(Timeout=200, FunctionName="Sleeps"),
    Other=function(Timeout=30, FunctionName="Other"),
)
SECONDS = (2, 3, 1)


def sleeps(event: Any, context: Any) -> float:
    print("sleeps", event)
    time.sleep(event)
    return event


def invoked(seconds: float) -> float:
    answer = boto3.client("lambda", **REGION).invoke(FunctionName="Sleeps", Payload=json.dumps(seconds))
    return json.loads(answer["Payload"].read())


def in_a_pool(event: Any, context: Any) -> list[float]:
    with ThreadPoolExecutor(3) as pool:
        return list(pool.map(invoked, SECONDS))


def in_an_event_loop(event: Any, context: Any) -> list[float]:
    async def all_of_them() -> list[float]:
        return await asyncio.gather(*(asyncio.to_thread(invoked, seconds) for seconds in SECONDS))

    return asyncio.run(all_of_them())


@pytest.mark.parametrize("calls", [in_a_pool, in_an_event_loop])
def test_functions_that_threads_invoke_run_side_by_side(calls: Callable[..., Any]) -> None:
    simulation = Simulation.from_template(STACK, {"Calls": calls, "Sleeps": sleeps}, echo=False)
    assert simulation.invoke("Calls").payload == list(SECONDS)
    ran = [(each.function, each.time, each.duration) for each in simulation.timeline.attempts]
    assert ran == [("Sleeps", 0, 1), ("Sleeps", 0, 2), ("Sleeps", 0, 3), ("Calls", 0, 3)]


def test_a_thread_beats_while_its_handler_waits_for_another_function() -> None:
    def calls(event: Any, context: Any) -> list[float]:
        beats: list[float] = []
        stop = threading.Event()

        def beat() -> None:
            while not stop.wait(2):
                beats.append(time.monotonic())

        thread = threading.Thread(target=beat)
        thread.start()
        invoked(7)
        stop.set()
        thread.join()
        return beats

    simulation = Simulation.from_template(STACK, {"Calls": calls, "Sleeps": sleeps}, echo=False)
    assert simulation.invoke("Calls").payload == [2, 4, 6]
    assert simulation.now == 7


def test_the_timeout_ends_a_handler_whose_thread_waits_for_another_function() -> None:
    def calls(event: Any, context: Any) -> None:
        thread = threading.Thread(target=invoked, args=(100,))
        thread.start()
        thread.join()

    simulation = Simulation.from_template(STACK, {"Calls": calls, "Sleeps": sleeps}, echo=False)
    simulation.invoke("Calls")
    simulation.run()
    ended = [(each.function, str(each.kind), each.duration) for each in simulation.timeline.attempts]
    assert ended == [("Calls", "timed out", 30), ("Sleeps", "succeeded", 100)]


def slept(seconds: float) -> float:
    time.sleep(seconds)
    return seconds


def with_pool(pool: ThreadPoolExecutor) -> Simulation:
    """A simulation whose two functions share a pool."""

    def works(event: Any, context: Any) -> list[float]:
        return list(pool.map(slept, (1, 2, 1)))

    return Simulation.from_template(STACK, {"Calls": works, "Other": works})


def test_a_pool_of_the_module_works_for_one_simulation_after_the_other() -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(slept, (0, 0)))  # by the test, before any simulation
        for _ in range(3):
            simulation = with_pool(pool)
            for name in ("Calls", "Other", "Calls"):
                assert simulation.invoke(name).payload == [1, 2, 1]
            assert simulation.now == 6


def test_a_pool_of_the_module_works_for_several_invocations_at_a_time() -> None:
    with ThreadPoolExecutor(4) as pool:
        simulation = with_pool(pool)
        simulation.invoke("Calls", asynchronous=True)
        simulation.invoke("Calls", asynchronous=True, at=0.5)
        simulation.invoke("Other", asynchronous=True, at=0.7)
        simulation.run()
        # Four work at a time: the second begins its second call at 1 s, and the third its last one at 2 s.
        assert {str(each.kind) for each in simulation.timeline.attempts} == {"succeeded"}
        assert sorted(each.end for each in simulation.timeline.attempts) == [2, 3, 4]


def test_work_that_is_cancelled_is_not_waited_for() -> None:
    def works(event: Any, context: Any) -> bool:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(slept, 3)
            return pool.submit(slept, 100).cancel()

    simulation = Simulation.from_template(STACK, {"Calls": works})
    assert simulation.invoke("Calls").payload is True
    assert simulation.now == 3


def test_an_event_of_another_invocation_ends_a_wait_when_it_is_set() -> None:
    came = threading.Event()
    simulation = Simulation.from_template(
        STACK, {"Calls": lambda event, context: came.wait(), "Other": lambda event, context: (slept(5), came.set())[0]}
    )
    simulation.invoke("Other", asynchronous=True)
    assert simulation.invoke("Calls").payload is True
    assert simulation.timeline.of_function("Calls").attempts[0].duration == 5
