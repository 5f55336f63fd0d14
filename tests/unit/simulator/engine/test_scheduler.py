"""Virtual time itself: what is due runs in its order, and what waits in the middle goes on at its time."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator.engine.scheduler import Pause, Scheduler


def test_what_is_due_at_one_time_runs_in_the_order_in_which_it_was_planned() -> None:
    done: list[Any] = []
    scheduler = Scheduler()
    for name in "abc":
        scheduler.at(5, done.append, name)
    scheduler.at(1, done.append, "first")
    scheduler.run()
    assert done == ["first", "a", "b", "c"]
    assert scheduler.now == 5


def test_what_was_cancelled_does_not_happen_and_is_not_waited_for() -> None:
    scheduler = Scheduler()
    timers = [scheduler.at(number, pytest.fail) for number in range(3000)]
    for timer in timers:
        scheduler.cancel(timer)
        scheduler.cancel(timer)
    scheduler.run()
    assert scheduler.now == 0


def test_nobody_waits_for_the_background_and_it_comes_in_its_turn() -> None:
    done: list[Any] = []
    scheduler = Scheduler()
    scheduler.at(1, done.append, "background", background=True)
    scheduler.at(2, done.append, "foreground")
    scheduler.at(3, done.append, "later", background=True)
    scheduler.run()
    assert (done, scheduler.now) == (["background", "foreground"], 2)
    scheduler.run(10)
    assert (done[-1], scheduler.now) == ("later", 10)


def test_the_background_at_the_time_at_which_a_run_ends_is_a_part_of_it() -> None:
    done: list[Any] = []
    scheduler = Scheduler()
    scheduler.at(2, done.append, "foreground")
    scheduler.at(2, done.append, "background", background=True)
    scheduler.at(2.001, done.append, "later", background=True)
    scheduler.run()
    assert (done, scheduler.now) == (["foreground", "background"], 2)
    scheduler.at(2, done.append, "now", background=True)
    scheduler.run()
    assert (done[-1], scheduler.now) == ("now", 2)


def test_a_run_ends_at_its_time_with_threads_in_the_middle_of_their_work() -> None:
    done: list[Any] = []
    scheduler = Scheduler()

    def work(name: str, seconds: float) -> None:
        scheduler.sleep(seconds)
        done.append((scheduler.now, name))

    for name, seconds in (("a", 5), ("b", 3), ("c", 4)):
        scheduler.at(0, work, name, seconds)
    scheduler.run(3.5)
    assert done == [(3, "b")]
    scheduler.run()
    assert done == [(3, "b"), (4, "c"), (5, "a")]


def test_a_wait_ends_when_it_is_woken_or_late() -> None:
    scheduler = Scheduler()
    pauses = [Pause(), Pause()]
    woken: list[tuple[float, bool]] = []

    def work(pause: Pause) -> None:
        woken.append((scheduler.wait(pause, 10), scheduler.now))  # pyright: ignore[reportArgumentType]

    for pause in pauses:
        scheduler.at(0, work, pause)
    scheduler.at(4, scheduler.wake, pauses[1])
    scheduler.run()
    assert woken == [(True, 4), (False, 10)]


def test_an_error_ends_the_run_and_reaches_whoever_runs_it() -> None:
    scheduler = Scheduler()
    scheduler.at(1, lambda: 1 / 0)
    scheduler.at(2, lambda: None)
    with pytest.raises(ZeroDivisionError):
        scheduler.run()
    scheduler.run()
    assert scheduler.now == 2


def test_a_handler_cannot_run_what_runs_it() -> None:
    scheduler = Scheduler()
    scheduler.at(0, scheduler.run)
    with pytest.raises(RuntimeError, match="the simulation is running"):
        scheduler.run()


def test_time_that_stands_still_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("redrive_simulator.engine.scheduler._MOST_AT_ONCE", 100)
    scheduler = Scheduler()

    def again() -> None:
        scheduler.at(scheduler.now, again)

    scheduler.at(7, again)
    with pytest.raises(RuntimeError, match="virtual time stands still at 7 s"):
        scheduler.run()
