"""Results that come in during a write go out together in the next one, and nothing is lost."""

from __future__ import annotations

import threading
import time as real_time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from redrive.core.parallel import background
from redrive.idempotency import group_commit
from redrive.idempotency.group_commit import GroupCommit
from redrive.idempotency.record import Ending
from tests.support.runtime.idempotency.functions import Down
from tests.support.runtime.sqs.queue import VirtualTime

T = TypeVar("T")

#: Longer than anything here lingers.
LONG = 30.0


def ending(key: object) -> Ending:
    return Ending(str(key), "owner")


class Gate:
    """Writes that end when the test lets them.

    Attributes:
        writes: The keys of each write that has begun.
        answer: What becomes of each key.
    """

    def __init__(self) -> None:
        self.writes: list[list[str]] = []
        self.answer: Callable[[str], Exception | None] = lambda key: None
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Semaphore(0)

    def write(self, endings: Sequence[Ending]) -> Mapping[str, Exception | None]:
        keys = [each.key for each in endings]
        self.writes.append(keys)
        self.begun.release()
        assert self.go_on.acquire(timeout=10)
        return {key: self.answer(key) for key in keys}

    def wait(self) -> None:
        """Until another write has begun."""
        assert self.begun.acquire(timeout=10)


@pytest.fixture
def gate() -> Iterator[Gate]:
    gate = Gate()
    yield gate
    gate.go_on.release(1000)


def test_what_is_finished_during_a_write_goes_out_in_the_next(gate: Gate) -> None:
    commit = GroupCommit(gate.write, 0.0)
    commit.add(ending("first"))
    gate.wait()
    for key in range(10):
        commit.add(ending(key))
    assert gate.writes == [["first"]]
    gate.go_on.release(2)
    assert commit.close(10) == dict.fromkeys(["first", *map(str, range(10))])
    assert gate.writes == [["first"], [str(key) for key in range(10)]]


def test_one_write_is_under_way_at_a_time() -> None:
    running: list[int] = []
    most: list[int] = []

    def write(endings: Sequence[Ending]) -> dict[str, None]:
        running.append(1)
        most.append(len(running))
        real_time.sleep(0.001)
        running.pop()
        return dict.fromkeys(each.key for each in endings)

    commit = GroupCommit(write, 0.0)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda key: commit.add(ending(key)), range(200)))
    assert len(commit.close(10)) == 200
    assert set(most) == {1}


def test_as_much_as_can_be_sent_at_once_does_not_wait(gate: Gate) -> None:
    most = group_commit._MOST
    commit = GroupCommit(gate.write, LONG)
    commit._linger = LONG
    for key in range(most):
        commit.add(ending(key))
    gate.wait()
    assert [len(each) for each in gate.writes] == [most]


@pytest.mark.parametrize("linger", [0.04, 1.0], ids=["as long as a write", "for the next one"])
def test_what_is_less_waits_for_as_long_as_a_write_takes(linger: float) -> None:
    """The second wait is longer than any is, so that the next ending comes in time on a busy machine, too."""
    written: list[tuple[float, int]] = []

    def write(endings: Sequence[Ending]) -> dict[str, None]:
        written.append((real_time.monotonic(), len(endings)))
        return dict.fromkeys(each.key for each in endings)

    commit = GroupCommit(write, 0.04)
    assert commit._linger == 0.04
    commit._linger = linger
    expected = ["a", "b"] if linger == 1.0 else ["a"]
    began = real_time.monotonic()
    for key in expected:
        commit.add(ending(key))
    while not written:
        real_time.sleep(0.005)
        assert real_time.monotonic() - began < 5
    ((at, count),) = written
    assert at - began >= linger
    assert count == len(expected)
    assert commit.close(10) == dict.fromkeys(expected)


def test_a_write_that_was_delayed_delays_nothing_else() -> None:
    """However long the first round trip took, with the making of a client say."""
    written = threading.Event()

    def write(endings: Sequence[Ending]) -> dict[str, None]:
        written.set()
        return dict.fromkeys(each.key for each in endings)

    commit = GroupCommit(write, 60.0)
    commit.add(ending("a"))
    assert written.wait(5)
    commit.close(5)


#: In seconds: as long as the first ending of a write may wait for others.
LONGEST_LINGER = 0.05


@pytest.mark.parametrize(("round_trip", "takes"), [(0.0, 0.02), (0.02, 0.05), (0.05, 0.051), (0.1, 10.0), (60.0, 60.0)])
def test_nothing_lingers_longer_than_50_milliseconds(
    time: VirtualTime, monkeypatch: pytest.MonkeyPatch, round_trip: float, takes: float
) -> None:
    """In virtual time, however long the first round trip and the writes take."""

    class Waiting(threading.Condition):
        def wait_for(self, predicate: Callable[[], T], timeout: float | None = None) -> T:
            if timeout is None:
                return super().wait_for(predicate)
            if not predicate():
                time.advance(timeout)
            return predicate()

    monkeypatch.setattr(group_commit, "Condition", Waiting)
    monkeypatch.setattr(group_commit, "monotonic", time)
    written = threading.Semaphore(0)
    lingered: list[float] = []

    def write(endings: Sequence[Ending]) -> dict[str, None]:
        lingered.append(time.now - added)
        time.advance(takes)
        written.release()
        return dict.fromkeys(each.key for each in endings)

    commit = GroupCommit(write, round_trip)
    for key in range(3):
        added = time.now
        commit.add(ending(key))
        assert written.acquire(timeout=10)
    assert len(commit.close(None)) == 3
    assert lingered == pytest.approx([min(each, LONGEST_LINGER) for each in (round_trip, takes, takes)], abs=1e-6)


def test_threads_linger_no_longer_than_50_milliseconds() -> None:
    """In real time, after a first round trip and a write that took longer; the quickest of some tries."""

    def lingered(slow: float) -> list[float]:
        moments: list[float] = []
        written = threading.Semaphore(0)

        def write(endings: Sequence[Ending]) -> dict[str, None]:
            moments.append(real_time.monotonic())
            if len(moments) == 1:
                real_time.sleep(slow)
            written.release()
            return dict.fromkeys(each.key for each in endings)

        commit = GroupCommit(write, LONG)
        found: list[float] = []
        for key in range(2):
            added = real_time.monotonic()
            commit.add(ending(key))
            assert written.acquire(timeout=10)
            found.append(moments[-1] - added)
        commit.close(10)
        return found

    tries = [lingered(4 * LONGEST_LINGER) for _ in range(3)]
    quickest = [min(each) for each in zip(*tries, strict=True)]
    assert all(LONGEST_LINGER <= each < 3 * LONGEST_LINGER for each in quickest), tries


def test_at_the_end_nothing_waits() -> None:
    def write(endings: Sequence[Ending]) -> dict[str, None]:
        return dict.fromkeys(each.key for each in endings)

    commit = GroupCommit(write, LONG)
    commit._linger = LONG
    commit.add(ending("a"))
    began = real_time.monotonic()
    assert commit.close(None) == {"a": None}
    assert real_time.monotonic() - began < LONG / 2


def test_where_nothing_was_added_nothing_is_begun() -> None:
    started: list[Any] = []
    with background.replaced(started.append):
        assert GroupCommit(lambda endings: pytest.fail("written"), 0.0).close(None) == {}
    assert started == []


def test_what_is_not_answered_in_time_is_not_waited_for(gate: Gate) -> None:
    commit = GroupCommit(gate.write, 0.0)
    commit.add(ending("slow"))
    gate.wait()
    commit.add(ending("behind"))
    began = real_time.monotonic()
    assert commit.close(0.05) == {}
    assert real_time.monotonic() - began < 5
    assert commit.close(0.0) == {}
    gate.go_on.release(2)
    assert commit.close(10) == {"slow": None, "behind": None}  # it goes on nevertheless


def test_each_ending_has_its_own_outcome(gate: Gate) -> None:
    late = Down("late")
    gate.answer = lambda key: late if key == "1" else None
    gate.go_on.release(100)
    commit = GroupCommit(gate.write, 0.0)
    for key in range(3):
        commit.add(ending(key))
    assert commit.close(10) == {"0": None, "1": late, "2": None}


def test_a_write_that_raises_is_the_outcome_of_all_in_it_and_of_none_after_it(gate: Gate) -> None:
    errors: list[Exception] = [Down("no route")]

    def write(endings: Sequence[Ending]) -> Mapping[str, Exception | None]:
        answers = gate.write(endings)
        if errors:
            raise errors.pop()
        return answers

    commit = GroupCommit(write, 0.0)
    commit.add(ending("a"))
    gate.wait()
    commit.add(ending("b"))
    gate.go_on.release(2)
    outcomes = commit.close(10)
    assert isinstance(outcomes["a"], Down)
    assert outcomes["b"] is None


@pytest.mark.parametrize("error", [SystemExit(1), GeneratorExit()])
def test_a_write_that_ends_its_thread_keeps_no_other_waiting(error: BaseException) -> None:
    def write(endings: Sequence[Ending]) -> dict[str, None]:
        raise error

    commit = GroupCommit(write, 0.0)
    commit.add(ending("a"))
    began = real_time.monotonic()
    outcomes = commit.close(10)
    assert real_time.monotonic() - began < 5
    assert repr(error) in str(outcomes["a"])


@pytest.mark.parametrize("round_trip", [0.0, 0.001])
def test_nothing_is_lost_where_adding_and_writing_race(round_trip: float) -> None:
    for _ in range(20):
        written: list[str] = []

        def write(endings: Sequence[Ending], written: list[str] = written) -> dict[str, None]:
            written += [each.key for each in endings]
            return dict.fromkeys(each.key for each in endings)

        commit = GroupCommit(write, round_trip)
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda key, commit=commit: commit.add(ending(key)), range(100)))
        outcomes = commit.close(10)
        assert sorted(outcomes) == sorted(map(str, range(100)))
        assert sorted(written) == sorted(outcomes)  # each once


def test_the_writer_ends_with_the_batch() -> None:
    before = set(threading.enumerate())
    commit = GroupCommit(lambda endings: dict.fromkeys(each.key for each in endings), 0.0)
    commit.add(ending("a"))
    commit.close(10)
    end = real_time.monotonic() + 5
    while set(threading.enumerate()) - before:
        assert real_time.monotonic() < end
        real_time.sleep(0.001)


def test_where_no_thread_can_be_started_it_is_written_at_once() -> None:
    """A function may have 1,024 threads: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"""

    def no_more(work: Callable[[], None]) -> None:
        raise RuntimeError("can't start new thread")

    written: list[str] = []

    def write(endings: Sequence[Ending]) -> dict[str, None]:
        written.extend(each.key for each in endings)
        return dict.fromkeys(each.key for each in endings)

    with background.replaced(no_more):
        commit = GroupCommit(write, 0.0)
        commit.add(ending("a"))
        assert written == ["a"]
        commit.add(ending("b"))
        assert commit.close(1) == {"a": None, "b": None}


def test_where_nothing_runs_beside_each_is_written_in_turn() -> None:
    written: list[list[str]] = []
    threads: set[int] = set()

    def write(endings: Sequence[Ending]) -> dict[str, Exception | None]:
        written.append([each.key for each in endings])
        threads.add(threading.get_ident())
        if endings[0].key == "b":
            raise Down("no route")
        return dict.fromkeys(each.key for each in endings)

    with background.replaced(None):
        commit = GroupCommit(write, LONG)
        for key in "abc":
            commit.add(ending(key))
        outcomes = commit.close(None)
    assert written == [["a"], ["b"], ["c"]]
    assert [str(outcomes[key]) for key in "abc"] == ["None", "no route", "None"]
    assert threads == {threading.get_ident()}
