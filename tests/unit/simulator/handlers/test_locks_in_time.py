"""Locks and simple queues that handlers make: waits for them take virtual time, and else they work as ever."""

from __future__ import annotations

import _thread
import queue
import threading
import time
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, template
from tests.support.simulator.usual_stack import invoked

QUEUE: Any = queue.SimpleQueue()
STACK = template(Function=function(Timeout=300))


def free(lock: Any) -> None:
    time.sleep(7)
    lock.release()


def locked() -> Callable[[float], bool]:
    lock = threading.Lock()
    lock.acquire()
    threading.Thread(target=lambda: free(lock)).start()
    return lambda seconds: lock.acquire(timeout=seconds)


def locked_again() -> Callable[[float], bool]:
    lock = threading.RLock()

    def hold() -> None:
        with lock:
            time.sleep(7)

    threading.Thread(target=hold).start()
    time.sleep(0)
    return lambda seconds: lock.acquire(timeout=seconds)


def queued() -> Callable[[float], bool]:
    found: queue.SimpleQueue[int] = queue.SimpleQueue()
    threading.Thread(target=lambda: (time.sleep(7), found.put(0))).start()

    def get(seconds: float) -> bool:
        try:
            return found.get(timeout=seconds) == 0
        except queue.Empty:
            return False

    return get


@pytest.mark.parametrize("made", [locked, locked_again, queued])
def test_locks_and_simple_queues_that_a_handler_makes_are_waited_for_in_virtual_time(
    made: Callable[[], Callable[[float], bool]],
) -> None:
    def work() -> list[Any]:
        wait = made()
        return [wait(4), time.monotonic(), wait(4), time.monotonic()]

    assert invoked(work) == ([False, 4, True, 7], 7)


@pytest.mark.parametrize("make", [threading.Lock, threading.RLock], ids=["lock", "reentrant"])
def test_locks_work_as_ever(make: Callable[[], Any]) -> None:
    def work() -> list[Any]:
        lock = make()
        with lock, pytest.raises(ValueError, match="timeout"):
            lock.acquire(True, -5)
        with pytest.raises(ValueError, match="timeout"):
            lock.acquire(False, 5)
        with pytest.raises(RuntimeError):
            lock.release()
        ready = threading.Condition(lock)
        threading.Timer(2, lambda: notify(ready)).start()
        with ready:
            came = ready.wait(5)
        return [came, lock.acquire(False), weakref.ref(lock)() is lock]

    assert invoked(work) == ([True, True, True], 2)
    assert type(make()) in (_thread.LockType, _thread.RLock)  # outside of handlers


def test_a_queue_that_was_made_before_is_of_the_same_type() -> None:
    def work() -> list[bool]:
        return [isinstance(each, queue.SimpleQueue) for each in (QUEUE, queue.SimpleQueue(), threading.Lock())]

    assert invoked(work)[0] == [True, True, False]


def notify(ready: threading.Condition) -> None:
    with ready:
        ready.notify()


def deadlocked() -> None:
    lock = threading.Lock()
    with lock, lock:
        pass


@pytest.mark.parametrize("work", [deadlocked, lambda: queue.SimpleQueue[int]().get()], ids=["lock", "simple queue"])
def test_a_deadlock_lasts_until_the_timeout(work: Callable[[], object]) -> None:
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: work()})
    simulation.invoke("Function")
    assert [(str(each.kind), each.duration) for each in simulation.timeline.attempts] == [("timed out", 300)]
