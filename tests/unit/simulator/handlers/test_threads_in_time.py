"""The threads of a handler wait in virtual time, and act in its order."""

from __future__ import annotations

import _thread
import asyncio
import hashlib
import queue
import select
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template

STACK = template(Function=function(Timeout=300))
ROOT = Path(__file__).parents[4]
_real = time.monotonic


def ran(work: Callable[[], Any], **options: Any) -> tuple[Any, float]:
    """The payload of a handler and its virtual time; in real time it takes much less."""
    before = _real()
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: work()}, **options)
    answer = simulation.invoke("Function")
    assert answer.function_error is None, answer.payload
    assert _real() - before < 5
    return answer.payload, simulation.timeline.attempts[0].duration


def beats(wait: Callable[[threading.Event], bool]) -> tuple[list[float], float]:
    """The times at which a thread does something beside a handler that takes a minute, and the handler's own."""
    seen: list[float] = []

    def work() -> list[float]:
        stop = threading.Event()

        def beat() -> None:
            while not wait(stop):
                seen.append(time.monotonic())

        thread = threading.Thread(target=beat)
        thread.start()
        time.sleep(60)
        stop.set()
        thread.join()
        return seen

    return ran(work)


def slept(stop: threading.Event) -> bool:
    time.sleep(25)
    return stop.is_set()


def looped(stop: threading.Event) -> bool:
    async def wait() -> None:
        await asyncio.sleep(25)

    asyncio.run(wait())
    return stop.is_set()


def timed_out(stop: threading.Event) -> bool:
    try:
        queue.Queue[int]().get(timeout=25)
    except queue.Empty:
        return stop.is_set()
    return True


@pytest.mark.parametrize(
    ("wait", "took"),
    [(lambda stop: stop.wait(25), 60), (slept, 75), (looped, 75), (timed_out, 75)],
    ids=["event", "sleep", "asyncio", "queue"],
)
def test_a_thread_beats_while_its_handler_sleeps(wait: Callable[[threading.Event], bool], took: float) -> None:
    seen, duration = beats(wait)
    assert seen == pytest.approx([25, 50], abs=0.001)
    assert duration == pytest.approx(took, abs=0.001)


def test_threads_act_in_the_order_of_virtual_time() -> None:
    seen: list[tuple[float, int]] = []

    def act(number: int) -> None:
        for _ in range(3):
            time.sleep(number)
            seen.append((time.time() % 1000, number))

    def work() -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(act, (3, 1, 2, 5)))

    _, duration = ran(work)
    assert duration == 15
    # At the same time, the first is who began to wait first.
    assert [number for _, number in seen] == [1, 2, 1, 3, 1, 2, 5, 3, 2, 3, 5, 5]
    assert [at for at, _ in seen] == sorted(at for at, _ in seen)


def test_a_timer_ends_the_wait_of_its_handler_at_its_time() -> None:
    def work() -> list[Any]:
        done = threading.Event()
        threading.Timer(30, done.set).start()
        came = [done.wait(20), time.monotonic(), done.wait(20), time.monotonic()]
        late = threading.Timer(10, done.clear)
        late.start()
        late.cancel()
        late.join()
        return [*came, done.is_set()]

    payload, duration = ran(work)
    assert payload == [False, 20, True, 30, True]
    assert duration == 30


def test_a_thread_that_its_handler_does_not_wait_for_takes_no_time_and_stops_with_it() -> None:
    woken: list[float] = []

    def work() -> None:
        def late() -> None:
            time.sleep(40)
            woken.append(time.monotonic())

        threading.Thread(target=late, daemon=True).start()
        time.sleep(5)

    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: work()})
    simulation.invoke("Function")
    assert simulation.timeline.attempts[0].duration == 5
    assert woken == []
    # As in Lambda, it goes on with the next invocation of its environment.
    simulation.run_until(100)
    simulation.invoke("Function")
    assert woken == [pytest.approx(100, abs=0.001)]


def test_the_timeout_ends_the_threads_too() -> None:
    after: list[str] = []

    def work() -> None:
        def act() -> None:
            time.sleep(400)
            after.append("too late")

        with ThreadPoolExecutor(2) as pool:
            pool.submit(act)
            pool.submit(act)

    before = _real()
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: work()})
    simulation.invoke("Function")
    assert [(str(each.kind), each.duration) for each in simulation.timeline.attempts] == [("timed out", 300)]
    time.sleep(0.2)
    assert (_real() - before < 5, after) == (True, [])


EXITS = """
import threading, time
from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template

def handler(event, context):
    threading.Thread(target=lambda: time.sleep(1000)).start()

simulation = Simulation.from_template(template(Function=function()), {"Function": handler})
simulation.invoke("Function")
print("end")
"""


def test_a_thread_that_still_waits_does_not_keep_python_from_ending() -> None:
    done = subprocess.run(
        [sys.executable, "-c", EXITS], capture_output=True, text=True, timeout=60, cwd=ROOT, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "end\n", "")


def test_handlers_at_the_same_time_have_threads_of_their_own() -> None:
    seen: list[tuple[str, float]] = []

    def handler(event: Any, context: Any) -> None:
        def act() -> None:
            for _ in range(2):
                time.sleep(event["every"])
                seen.append((event["name"], simulation.now))

        thread = threading.Thread(target=act)
        thread.start()
        time.sleep(event["takes"])
        thread.join()

    simulation = Simulation.from_template(STACK, {"Function": handler})
    simulation.invoke("Function", {"name": "a", "every": 4, "takes": 1}, asynchronous=True)
    simulation.invoke("Function", {"name": "b", "every": 3, "takes": 20}, asynchronous=True, at=2)
    simulation.run()
    assert [name for name, _ in seen] == ["a", "b", "a", "b"]
    assert sorted(each.duration for each in simulation.timeline.attempts) == [8, 20]


def test_a_lock_that_a_sleeping_thread_has_is_waited_for() -> None:
    def work() -> float:
        lock = threading.Lock()

        def hold() -> None:
            with lock:
                time.sleep(2)

        threads = [threading.Thread(target=hold) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.monotonic()

    assert ran(work)[0] == 6


def free(lock: Any) -> None:
    time.sleep(7)
    lock.release()


def waits_for_lock_of_the_system() -> bool:
    lock = _thread.allocate_lock()
    lock.acquire()
    threading.Thread(target=lambda: free(lock)).start()
    return lock.acquire(timeout=4)


def test_a_handler_that_waits_unseen_is_not_held_up() -> None:
    """Its wait takes real time, and the thread's time counts in the end."""
    assert ran(waits_for_lock_of_the_system) == (True, 7)


def test_results_come_in_the_order_of_time() -> None:
    def take(seconds: float) -> float:
        threading.Event().wait(seconds)
        return seconds

    def work() -> list[float]:
        with ThreadPoolExecutor(3) as pool:
            futures = [pool.submit(take, seconds) for seconds in (3, 1, 2)]
            return [future.result() for future in as_completed(futures, timeout=10)]

    assert ran(work) == ([1, 2, 3], 3)


def test_blocking_calls_of_an_event_loop_take_virtual_time() -> None:
    async def main() -> list[Any]:
        results = await asyncio.gather(
            *(asyncio.to_thread(time.sleep, seconds) for seconds in (5, 2)), asyncio.sleep(3)
        )
        try:
            await asyncio.wait_for(asyncio.to_thread(time.sleep, 20), 10)
        except TimeoutError:
            return [*results, "late"]
        return results

    payload, duration = ran(lambda: asyncio.run(main()))
    assert payload == [None, None, None, "late"]
    assert duration == 25


def test_a_wait_for_a_connection_takes_virtual_time() -> None:
    def work() -> list[Any]:
        one, other = socket.socketpair()
        with one, other:
            nothing = select.select([one], [], [], 12)
            threading.Thread(target=lambda: (time.sleep(5), other.send(b"x"))).start()
            ready, _, _ = select.select([one], [], [], 60)
            return [*nothing, ready == [one], time.monotonic()]

    assert ran(work) == ([[], [], [], True, 17], 17)


def test_a_thread_that_waits_by_reading_the_clock_goes_on() -> None:
    def work() -> bool:
        def spin() -> None:
            end = time.monotonic() + 0.05
            while time.monotonic() < end:
                pass

        thread = threading.Thread(target=spin)
        thread.start()
        thread.join(10)
        return thread.is_alive()

    assert ran(work) == (False, 0)


def test_many_invocations_with_a_pool_of_the_module_stay_fast() -> None:
    pool = ThreadPoolExecutor(4)

    def handler(event: Any, context: Any) -> int:
        done = list(pool.map(lambda number: (time.sleep(number), number)[1], (1, 2, 3)))
        time.sleep(1)
        return sum(done)

    before = _real()
    simulation = Simulation.from_template(STACK, {"Function": handler})
    for _ in range(20):
        assert simulation.invoke("Function").payload == 6
    assert {each.duration for each in simulation.timeline.attempts} == {4}
    assert _real() - before < 8
    pool.shutdown()


def test_the_end_of_a_thread_that_fails_takes_no_time() -> None:
    def fail() -> None:
        raise ValueError("in a thread")

    def work() -> float:
        for _ in range(50):
            thread = threading.Thread(target=fail)
            thread.start()
            thread.join()
        return time.monotonic()

    said: list[str] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(threading, "excepthook", lambda failed: (slowly(), said.append(str(failed.exc_value))))
        assert ran(work) == (0, 0)
    assert said == ["in a thread"] * 50


def slowly() -> None:
    """Takes some milliseconds in which other threads run."""
    hashlib.pbkdf2_hmac("sha256", b"", b"", 5_000)
