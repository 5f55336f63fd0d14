"""Clocks and sleeps that were bound before the simulation began, in ways that no module's names show."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.simulator.usual_stack import invoked

Sleep = Callable[[float], None]


def by_default(seconds: float, sleep: Sleep = time.sleep, now: Callable[[], float] = time.monotonic) -> float:
    before = now()
    sleep(seconds)
    return now() - before


def by_keyword(seconds: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
    sleep(seconds)


class Waiter:
    """Has a sleep as a class attribute, and one in each instance."""

    of_class = staticmethod(time.sleep)

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sleep = sleep


WAITER = Waiter()
WAITS: dict[str, Callable[[float], object]] = {"in a dictionary": time.sleep}
PARTIAL = functools.partial(time.sleep, 3)
LISTED = [time.sleep]


def closure() -> Callable[[float], None]:
    sleep = time.sleep

    def waits(seconds: float) -> None:
        sleep(seconds)

    return waits


CLOSURE = closure()
BOUND: dict[str, Callable[[], object]] = {
    "default": lambda: by_default(3),
    "keyword": lambda: by_keyword(3),
    "class": lambda: Waiter.of_class(3),
    "instance": lambda: WAITER.sleep(3),
    "dictionary": lambda: WAITS["in a dictionary"](3),
    "partial": PARTIAL,
    "list": lambda: LISTED[0](3),
    "closure": lambda: CLOSURE(3),
}


@pytest.mark.parametrize("way", BOUND)
def test_however_a_sleep_is_bound_it_takes_virtual_time(way: str) -> None:
    real = time.perf_counter()
    _, taken = invoked(BOUND[way])
    assert taken == 3
    assert time.perf_counter() - real < 2.5


def test_a_clock_bound_as_a_default_shows_virtual_time() -> None:
    def since(now: Callable[..., datetime] = datetime.now, clock: Callable[[], float] = time.time) -> list[Any]:
        time.sleep(2)
        return [now(UTC).second, clock() % 60, by_default(1)]

    assert invoked(since)[0] == [2, 2, 1]
