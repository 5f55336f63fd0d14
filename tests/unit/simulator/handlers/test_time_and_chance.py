"""Time and chance belong to the simulation, also under names bound at import; a log has what Lambda writes."""

from __future__ import annotations

import os
import queue
import random
import secrets
import sys
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from decimal import Decimal
from functools import partial
from random import random as drawn
from time import monotonic, perf_counter, sleep
from typing import Any, NamedTuple

import pytest

from redrive_simulator import Outcome, Simulation
from tests.support.simulator.simulations import function, template

STACK = template(Function=function(), Other=function())
KINDS = (time.CLOCK_REALTIME, time.CLOCK_MONOTONIC)


def simulated(work: Callable[[], Any], **options: Any) -> Simulation:
    return Simulation.from_template(STACK, {"Function": lambda event, context: work()}, **options)


def slept(work: Callable[[], object]) -> float:
    """How much virtual time some work takes, which must take almost no real time."""
    before = monotonic()
    simulation = simulated(work)
    assert simulation.invoke("Function").function_error is None
    assert monotonic() - before < 3
    return simulation.timeline.attempts[0].duration


def empty(timeout: float) -> None:
    with pytest.raises(queue.Empty):
        queue.Queue[int]().get(timeout=timeout)


def not_done(timeout: float) -> None:
    with ThreadPoolExecutor() as pool:
        release = threading.Event()
        future = pool.submit(release.wait)
        assert wait([future], timeout=timeout).not_done
        release.set()


def still_alive(timeout: float) -> None:
    release = threading.Event()
    thread = threading.Thread(target=release.wait)
    thread.start()
    thread.join(timeout)
    assert thread.is_alive()
    release.set()


def never_completed(timeout: float) -> None:
    with pytest.raises(TimeoutError):
        list(as_completed([Future[None]()], timeout))


WAITS: dict[str, Callable[[], object]] = {
    "sleep bound at import": lambda: sleep(5),
    "event": lambda: threading.Event().wait(5),
    "condition": lambda: locked(threading.Condition(), 5),
    "queue": lambda: empty(5),
    "future": lambda: not_done(5),
    "as_completed": lambda: never_completed(5),
    "join": lambda: still_alive(5),
    "semaphore": lambda: threading.Semaphore(0).acquire(timeout=5),
}


def locked(condition: threading.Condition, timeout: float) -> None:
    with condition:
        assert not condition.wait(timeout)


@pytest.mark.parametrize("way", WAITS)
def test_however_a_handler_waits_virtual_time_passes(way: str) -> None:
    assert slept(WAITS[way]) == pytest.approx(5, abs=0.01)


@pytest.mark.parametrize("way", [lambda: sleep(60), lambda: threading.Event().wait()], ids=["sleep", "event"])
def test_the_timeout_ends_every_wait(way: Callable[[], object]) -> None:
    simulation = simulated(way)
    simulation.invoke("Function")
    assert [(str(entry.kind), entry.duration) for entry in simulation.timeline.attempts] == [("timed out", 10)]


def test_a_thread_that_works_for_real_ends_the_wait() -> None:
    def work() -> float:
        done = threading.Event()
        threading.Thread(target=lambda: (sum(range(1_000_000)), done.set())).start()
        assert done.wait(9)
        with ThreadPoolExecutor() as pool:
            assert pool.submit(sum, range(1_000_000)).result(timeout=9) > 0
        return monotonic()

    assert simulated(work).invoke("Function").payload == 0


def test_another_invocation_can_set_an_event_for_which_one_waits() -> None:
    event = threading.Event()
    simulation = Simulation.from_template(
        STACK, {"Function": lambda _, context: event.wait(5), "Other": lambda _, context: event.set()}
    )
    simulation.invoke("Other", asynchronous=True, at=2)
    assert simulation.invoke("Function").payload is True


def test_clocks_that_were_bound_at_import_show_virtual_time() -> None:
    def work() -> list[float]:
        clocks = (monotonic, perf_counter, *(partial(time.clock_gettime, kind) for kind in KINDS))
        clocks_ns = (time.monotonic_ns, *(partial(time.clock_gettime_ns, kind) for kind in KINDS))
        starts, starts_ns = [clock() for clock in clocks], [clock() for clock in clocks_ns]
        sleep(2)
        passed = [clock() - start for clock, start in zip(clocks, starts, strict=True)]
        passed_ns = [(clock() - start) / 1e9 for clock, start in zip(clocks_ns, starts_ns, strict=True)]
        return [*passed, *passed_ns]

    assert simulated(work).invoke("Function").payload == [2] * 7
    real = perf_counter()
    sleep(0.01)
    assert 0.01 <= perf_counter() - real < 1


def seeded_anew() -> float:
    random.seed()
    return drawn()


def draws() -> list[str]:
    own = random.Random().random()
    numbers = (drawn(), random.randint(0, 10**9), random.SystemRandom().random(), own, seeded_anew())
    texts = (
        secrets.token_hex(4),
        os.urandom(4).hex(),
        getattr(os, "getrandom", os.urandom)(4).hex(),
        uuid.uuid4(),
        uuid.uuid1(),
    )
    return [str(each) for each in (*numbers, *texts)]


def test_the_same_seed_gives_the_same_numbers_and_the_test_keeps_its_own() -> None:
    def all_of(seed: int) -> list[list[str]]:
        simulation = simulated(draws, seed=seed)
        return [simulation.invoke("Function").payload for _ in range(2)]

    random.seed(1)
    expected = random.random()
    random.seed(1)
    one, again, other = all_of(7), all_of(7), all_of(8)
    assert random.random() == expected
    assert one == again
    assert len({text for each in (*one, *other) for text in each}) == 40
    assert uuid.uuid4() != uuid.uuid4()


class Point(NamedTuple):
    x: int
    y: Decimal


@pytest.mark.parametrize(
    ("response", "payload"),
    [
        (Decimal("1.5"), 1.5),
        ({"a": [Decimal(3), b"bytes"]}, {"a": [3, "bytes"]}),
        (Point(1, Decimal("0.5")), {"x": 1, "y": 0.5}),
        ((1, 2), [1, 2]),
        (b'{"raw": true}', {"raw": True}),
        (b"no JSON", "no JSON"),
    ],
)
def test_responses_are_encoded_as_lambda_s_runtime_does(response: Any, payload: Any) -> None:
    assert simulated(lambda: response).invoke("Function").payload == payload


@pytest.mark.parametrize("response", [{1, 2}, object, b"\xff"], ids=["set", "type", "no text"])
def test_a_response_that_cannot_be_encoded_is_an_error_of_the_runtime(response: Any) -> None:
    answer = simulated(lambda: response).invoke("Function")
    assert (answer.function_error, answer.payload["errorType"]) == ("Unhandled", "Runtime.MarshalError")


@pytest.mark.parametrize(
    ("response", "fits"),
    [("日" * 2_000_000, True), ("日" * 2_100_000, False), ("x" * 6_291_554, True), (b"x" * 6_291_557, False)],
    ids=["6 MB", "more", "most bytes", "more bytes"],
)
def test_the_size_of_a_response_is_that_of_utf_8(response: Any, fits: bool) -> None:
    answer = simulated(lambda: response).invoke("Function")
    assert (answer.payload == response) == fits
    assert fits or answer.payload == {  # as recorded on AWS (test_lambda_too_large_response)
        "errorMessage": "Response payload size exceeded maximum allowed payload size (6291556 bytes).",
        "errorType": "Function.ResponseSizeTooLarge",
    }


def test_the_context_has_identity_client_context_and_tenant() -> None:
    def handler(event: Any, context: Any) -> list[Any]:
        client = context.client_context
        return [
            context.identity.cognito_identity_id,
            context.tenant_id,
            client and [client.custom, client.client.app_title],
        ]

    simulation = Simulation.from_template(STACK, {"Function": handler})
    assert simulation.invoke("Function").payload == [None, None, None]
    given = {"custom": {"a": 1}, "client": {"app_title": "Shop"}}
    answer = simulation.invoke("Function", client_context=given, tenant_id="acme")
    assert answer.payload == [None, "acme", [{"a": 1}, "Shop"]]


def test_a_log_keeps_errors_with_their_traceback_and_what_goes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        print("to stderr", file=sys.stderr)
        raise ValueError("boom")

    simulation = simulated(work)
    simulation.invoke("Function", asynchronous=True)
    simulation.run_until(1)
    lines = [line for _, line in simulation.function("Function").log]
    assert lines[0] == "to stderr"
    assert "[ERROR] ValueError: boom" in lines
    assert any("in work" in line for line in lines[lines.index("Traceback (most recent call last):") :])
    assert "to stderr" in capsys.readouterr().err
    assert [ended.outcome for ended in simulation.ended] == [Outcome.WAITING]
