"""Handlers with threads, asyncio and alarms, in virtual time."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest

from redrive_simulator import Simulation
from tests.support.simulator.usual_stack import REGION, invoked, stack


def test_a_pool_of_threads_with_a_client_each() -> None:
    here = threading.local()

    def send(number: int) -> str:
        if not hasattr(here, "sqs"):
            here.sqs = boto3.Session(**REGION).client("sqs")
        time.sleep(1)
        url = here.sqs.get_queue_url(QueueName="Done")["QueueUrl"]
        return here.sqs.send_message(QueueUrl=url, MessageBody=str(number))["MessageId"]

    def handler(event: dict[str, Any], context: Any) -> int:
        with ThreadPoolExecutor(max_workers=4) as pool:
            return len(set(pool.map(send, range(8))))

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)
    assert simulation.invoke("Function").payload == 8
    assert sorted(simulation.queue("Done").bodies) == list(range(8))


def test_asyncio_with_timeouts_semaphores_and_blocking_calls() -> None:
    async def charge(number: int, gate: asyncio.Semaphore) -> str:
        async with gate:
            await asyncio.sleep(number)
        return await asyncio.to_thread(str, number)

    async def main() -> list[str]:
        gate = asyncio.Semaphore(2)
        done = await asyncio.gather(*(charge(number, gate) for number in (1, 2, 3)))
        try:
            async with asyncio.timeout(1.5):
                await asyncio.sleep(60)
        except TimeoutError:
            done.append("late")
        return done

    found, taken = invoked(lambda: asyncio.run(main()))
    assert found == ["1", "2", "3", "late"]
    assert taken == pytest.approx(4 + 1.5, abs=0.01)


class TooLate(Exception):
    """Raised by a handler's own alarm."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")
@pytest.mark.parametrize("timer", ["alarm", "setitimer"])
def test_an_alarm_before_the_timeout(timer: str) -> None:
    def raises(number: int, frame: Any) -> None:
        raise TooLate(f"signal {number}")

    def work() -> list[Any]:
        before = signal.signal(signal.SIGALRM, raises)
        if timer == "alarm":
            assert signal.alarm(3) == 0
        else:
            assert signal.setitimer(signal.ITIMER_REAL, 3) == (0, 0)
        try:
            time.sleep(60)
            reason = "never"
        except TooLate as error:
            reason = str(error)
        signal.alarm(5)
        time.sleep(2)
        left = signal.alarm(0)
        time.sleep(4)
        assert signal.signal(signal.SIGALRM, before) is raises
        return [reason, left]

    assert invoked(work) == ([f"signal {int(signal.SIGALRM)}", 3], 9)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")
def test_an_alarm_that_returns_does_not_end_a_sleep_and_one_without_a_handler_ends_the_process() -> None:
    rang: list[float] = []

    def work() -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: rang.append(time.monotonic()))
        signal.setitimer(signal.ITIMER_REAL, 1, 2)
        time.sleep(6)
        signal.setitimer(signal.ITIMER_REAL, 0)

    _, taken = invoked(work)
    assert (taken, [round(each) for each in rang]) == (6, [1, 3, 5])
    simulation = Simulation.from_template(stack(), {"Function": lambda event, context: dies()}, echo=False)
    assert simulation.invoke("Function").function_error == "Unhandled"
    assert [str(entry.kind) for entry in simulation.timeline.attempts] == ["crashed"]


def dies() -> None:
    signal.alarm(1)
    time.sleep(5)


@pytest.mark.skipif(not hasattr(signal, "pause"), reason="Windows has no alarms")
def test_a_pause_lasts_until_an_alarm_has_been_handled() -> None:
    rang: list[float] = []

    def work() -> list[float]:
        signal.signal(signal.SIGALRM, lambda number, frame: rang.append(time.monotonic()))
        signal.setitimer(signal.ITIMER_REAL, 3, 4)
        signal.pause()
        signal.pause()
        signal.setitimer(signal.ITIMER_REAL, 0)
        return rang

    assert invoked(work) == ([3, 7], 7)


@pytest.mark.skipif(not hasattr(signal, "pause"), reason="Windows has no alarms")
def test_a_pause_without_an_alarm_lasts_until_the_timeout() -> None:
    simulation = Simulation.from_template(stack(), {"Function": lambda event, context: signal.pause()}, echo=False)
    simulation.invoke("Function")
    assert [str(entry.kind) for entry in simulation.timeline.attempts] == ["timed out"]


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")
def test_handlers_and_timers_that_are_set_can_be_read() -> None:
    def rings(number: int, frame: Any) -> None:
        pass

    def work() -> list[Any]:
        found = [signal.getsignal(signal.SIGALRM) is signal.SIG_DFL, signal.getitimer(signal.ITIMER_REAL)]
        signal.signal(signal.SIGALRM, rings)
        signal.setitimer(signal.ITIMER_REAL, 5, 2)
        time.sleep(1)
        found += [signal.getsignal(signal.SIGALRM) is rings, signal.getitimer(signal.ITIMER_REAL)]
        signal.setitimer(signal.ITIMER_REAL, 0)
        return [*found, signal.getitimer(signal.ITIMER_REAL), signal.getitimer(signal.ITIMER_PROF)]

    nothing = [0, 0]
    assert invoked(work)[0] == [True, nothing, True, [4, 2], nothing, nothing]
    assert signal.getsignal(signal.SIGALRM) is not rings


def kills() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


def raises_signal() -> None:
    signal.raise_signal(signal.SIGTERM)


@pytest.mark.skipif(not hasattr(signal, "SIGWINCH"), reason="Windows has few signals")
@pytest.mark.parametrize("sends", [kills, raises_signal])
def test_a_signal_to_itself_ends_the_process_of_the_function_or_is_handled(sends: Callable[[], None]) -> None:
    simulation = Simulation.from_template(stack(), {"Function": lambda event, context: sends()}, echo=False)
    simulation.invoke("Function")
    assert [str(entry.kind) for entry in simulation.timeline.attempts] == ["crashed"]
    came: list[int] = []

    def work() -> None:
        signal.signal(signal.SIGTERM, lambda number, frame: came.append(number))
        sends()
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        sends()
        os.kill(os.getpid(), 0)
        signal.raise_signal(signal.SIGWINCH)

    invoked(work)
    assert came == [signal.SIGTERM]
