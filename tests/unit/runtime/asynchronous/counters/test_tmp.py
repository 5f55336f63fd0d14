"""Attempts counted in files: by threads and processes at once, for a limited time, and in limited room."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import redrive
from redrive import TmpCounter
from redrive.asynchronous.counters.tmp import default_folder, to_remove
from redrive.core.system import clock
from tests.support.runtime.asynchronous.attempts import OTHER_ID, REQUEST_ID
from tests.support.runtime.log import Log
from tests.support.runtime.sqs.queue import VirtualTime


@pytest.fixture(autouse=True)
def virtual(time: VirtualTime) -> Iterator[None]:
    with clock.replaced(time):
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "some" / "attempts"


def files(folder: Path) -> int:
    return len(list(folder.iterdir()))


def test_it_counts_up_and_each_event_by_itself(folder: Path) -> None:
    counter = TmpCounter(str(folder))
    ids = [REQUEST_ID, REQUEST_ID, OTHER_ID, REQUEST_ID, OTHER_ID]
    assert [counter.increment(each) for each in ids] == [0, 1, 0, 2, 1]


def test_another_counter_on_the_same_folder_goes_on_counting(folder: Path) -> None:
    """The environment is reused, the process may have been started anew."""
    assert [TmpCounter(str(folder)).increment(REQUEST_ID) for _ in range(3)] == [0, 1, 2]


def test_the_folder_of_a_counter_without_one_can_be_replaced(tmp_path: Path) -> None:
    """A simulation counts for itself, also with counters that a module has made before."""
    counter = TmpCounter()
    for name in ("one", "other"):
        with default_folder.replaced(str(tmp_path / name)):
            assert [counter.increment(REQUEST_ID) for _ in range(2)] == [0, 1]
            assert files(tmp_path / name) == 1


LONG = ["x" * length for length in (64, 65, 5000)]
ODD = ["", "/", "..", "../up", "a/b", "a\0b", "ID", "id", "Id", "ü", "\udcff", " ", "id ", *LONG]


def test_any_id_has_a_file_of_its_own_inside_the_folder(folder: Path) -> None:
    counter = TmpCounter(str(folder))
    assert [counter.increment(each) for each in ODD] == [0] * len(ODD)
    assert [counter.increment(each) for each in ODD] == [1] * len(ODD)
    names = [each.name.lower() for each in folder.iterdir()]  # some file systems take upper and lower case for the same
    assert len(set(names)) == len(ODD)
    assert list(folder.parent.iterdir()) == [folder]


def test_forgetting_removes_the_file_and_counting_begins_anew(folder: Path) -> None:
    counter = TmpCounter(str(folder))
    counter.increment(REQUEST_ID)
    counter.increment(OTHER_ID)
    counter.forget(REQUEST_ID)
    counter.forget(REQUEST_ID)
    counter.forget("never-seen")
    assert files(folder) == 1
    assert [counter.increment(each) for each in (REQUEST_ID, OTHER_ID)] == [0, 1]


def test_an_attempt_is_remembered_until_it_expires(folder: Path, time: VirtualTime) -> None:
    counter = TmpCounter(str(folder), expiry=100)
    assert counter.increment(REQUEST_ID) == 0
    time.advance(99.9)
    assert counter.increment(REQUEST_ID) == 1
    time.advance(0.1)
    assert counter.increment(REQUEST_ID) == 1, "the first one has expired, the second has not"
    time.advance(1000)
    assert counter.increment(REQUEST_ID) == 0


def test_threads_that_count_at_once_get_each_number_once(folder: Path) -> None:
    counter = TmpCounter(str(folder))
    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(counter.increment, [REQUEST_ID] * 400)) == list(range(400))


COUNT = """
import sys
from redrive import TmpCounter

counter = TmpCounter(sys.argv[1])
sys.stdin.read(1)
print(*(counter.increment("the-same") for _ in range(200)))
"""


def test_processes_that_count_at_once_get_each_number_once(folder: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(redrive.__file__).parents[1])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COUNT, str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        )
        for _ in range(4)
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("x")
        process.stdin.flush()
    numbers = [int(number) for process in processes for number in process.communicate(timeout=60)[0].split()]
    assert sorted(numbers) == list(range(800))


def test_threads_that_forget_and_tidy_at_once_disturb_no_other(folder: Path) -> None:
    """Each event counts up in spite of what happens to the others."""
    counter = TmpCounter(str(folder), most=40)

    def use(number: int) -> list[int]:
        numbers: list[int] = []
        for turn in range(30):
            id = f"{number}-{turn}"
            numbers += [counter.increment(id), counter.increment(id)]
            counter.forget(id)
        return numbers

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(use, range(8))) == [[0, 1] * 30] * 8
    assert files(folder) == 0


def test_a_folder_that_is_taken_away_is_made_again(folder: Path) -> None:
    counter = TmpCounter(str(folder))
    counter.increment(REQUEST_ID)
    for file in folder.iterdir():
        file.unlink()
    folder.rmdir()
    assert [counter.increment(REQUEST_ID) for _ in range(2)] == [0, 1]


@pytest.mark.parametrize("at", ["utime", "fstat"])
def test_a_file_that_is_taken_away_while_it_is_written_is_written_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    counter = TmpCounter(str(folder))
    counter.increment(REQUEST_ID)
    real: Any = getattr(os, at)
    taken: list[str] = []

    def take_away_first(*args: Any) -> Any:
        if not taken:
            (file,) = folder.iterdir()
            taken.append(file.name)
            file.unlink()
        return real(*args)

    monkeypatch.setattr(f"redrive.asynchronous.counters.tmp.os.{at}", take_away_first)
    assert [counter.increment(REQUEST_ID) for _ in range(2)] == [0, 1]
    assert len(taken) == 1


def test_files_that_expired_are_removed(folder: Path, time: VirtualTime) -> None:
    counter = TmpCounter(str(folder), expiry=100)
    for number in range(20):
        counter.increment(f"early-{number}")
    time.advance(50)
    for number in range(5):
        counter.increment(f"late-{number}")
    assert files(folder) == 25
    time.advance(60)
    counter.increment("now")
    assert files(folder) == 6
    assert counter.increment("late-0") == 1


def test_what_an_earlier_process_left_is_removed_at_once(folder: Path, time: VirtualTime) -> None:
    TmpCounter(str(folder), expiry=100).increment(REQUEST_ID)
    time.advance(100)
    TmpCounter(str(folder), expiry=100).increment(OTHER_ID)
    assert files(folder) == 1


@pytest.mark.parametrize("most", [1, 2, 5, 30])
def test_there_are_never_more_files_than_allowed_and_the_oldest_go(
    folder: Path, time: VirtualTime, log: Log, most: int
) -> None:
    counter = TmpCounter(str(folder), most=most)
    for number in range(100):
        time.advance(1)
        assert counter.increment(f"event-{number}") == 0
        assert files(folder) <= most
        assert counter.increment(f"event-{number}") == 1, "the one at work is never among them"
    assert files(folder) >= most - most // 10
    assert counter.increment("event-0") == 0
    lines = log("redrive.attempt.counts_dropped")
    assert sum(line["events"] for line in lines) >= 100 - most
    assert "`most`" in lines[0]["remedy"]


def test_files_of_the_same_time_are_kept_within_bounds_as_well(folder: Path) -> None:
    counter = TmpCounter(str(folder), most=10)
    for number in range(50):
        assert [counter.increment(f"z-{50 - number}") for _ in range(2)] == [0, 1]
        assert files(folder) <= 10


def test_most_calls_do_not_look_through_the_folder(
    folder: Path, time: VirtualTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(
        "redrive.asynchronous.counters.tmp.os.scandir", lambda path: looks.append(path) or scandir(path)
    )
    counter = TmpCounter(str(folder), most=100)
    for number in range(1000):
        time.advance(1)
        counter.increment(f"event-{number}")
    assert len(looks) <= 1 + 1000 / 10 + 1


def test_events_that_succeed_cause_no_look_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(
        "redrive.asynchronous.counters.tmp.os.scandir", lambda path: looks.append(path) or scandir(path)
    )
    counter = TmpCounter(str(folder), most=10)
    for number in range(100):
        counter.increment(f"event-{number}")
        counter.forget(f"event-{number}")
    assert len(looks) == 1, "the first time, to see what was there before"


def test_a_file_that_another_thread_removes_while_the_folder_is_read_is_no_obstacle(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Gone:
        path = str(folder / "gone")

        def stat(self) -> os.stat_result:
            raise FileNotFoundError(self.path)

    monkeypatch.setattr("redrive.asynchronous.counters.tmp.os.scandir", lambda path: nullcontext([Gone()]))
    assert TmpCounter(str(folder)).increment(REQUEST_ID) == 0


def test_what_is_not_ours_is_left_and_no_obstacle(folder: Path, time: VirtualTime) -> None:
    counter = TmpCounter(str(folder), expiry=10)
    (folder / "sub").mkdir(parents=True)
    os.utime(folder / "sub", (0, 0))
    assert counter.increment(REQUEST_ID) == 0
    assert (folder / "sub").exists()


def test_a_disk_that_is_full_is_an_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counter = TmpCounter(str(folder))
    monkeypatch.setattr("redrive.asynchronous.counters.tmp.os.write", lambda file, data: 3)
    with pytest.raises(OSError, match="disk full"):
        counter.increment(REQUEST_ID)


@given(
    st.lists(st.tuples(st.integers(0, 50), st.uuids().map(str)), unique_by=lambda file: file[1]),
    st.integers(0, 50),
    st.integers(0, 30),
)
def test_what_is_removed_is_what_expired_and_the_oldest_of_what_is_too_much(
    files: list[tuple[float, str]], oldest: int, most: int
) -> None:
    expired, surplus = to_remove(files, oldest, most)
    times = {path: time for time, path in files}
    kept = set(times) - set(expired) - set(surplus)
    assert {path for path, time in times.items() if time <= oldest} == set(expired)
    assert not set(expired) & set(surplus)
    assert len(kept) <= most
    if surplus:
        assert len(kept) + len(surplus) > most
        assert len(kept) == most - most // 10
        assert all(times[gone] <= times[stays] for gone in surplus for stays in kept)
