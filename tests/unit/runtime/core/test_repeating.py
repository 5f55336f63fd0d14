"""Work is repeated in one thread, which ends when there is none."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from redrive.core import repeating
from redrive.core.repeating import repeat


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The thread looks for what is new fifty times a second, and has none of another test's work."""
    monkeypatch.setattr(repeating, "_LONGEST_WAIT", 0.02)
    repeating._begin_anew()  # pyright: ignore[reportPrivateUsage]
    yield
    repeating._begin_anew()  # pyright: ignore[reportPrivateUsage]


def threads() -> list[threading.Thread]:
    return [each for each in threading.enumerate() if each.name == "redrive-repeating"]


def ends() -> None:
    end = time.monotonic() + 5
    while threads() and time.monotonic() < end:
        time.sleep(0.005)
    assert threads() == []


def test_work_is_repeated_after_the_seconds_that_it_returns_until_it_returns_none() -> None:
    done = threading.Event()
    waits: list[float | None] = [0.01, 0.01, None]
    ran: list[float] = []

    def work() -> float | None:
        ran.append(time.monotonic())
        if len(ran) == 3:
            done.set()
        return waits[len(ran) - 1]

    began = time.monotonic()
    repeat(0.05, work)
    assert done.wait(5)
    ends()
    assert len(ran) == 3
    assert ran[0] - began >= 0.05
    assert ran[1] - ran[0] >= 0.01


def test_what_is_cancelled_does_not_run() -> None:
    ran: list[str] = []
    cancel = repeat(0.1, lambda: ran.append("cancelled"))
    repeat(0.15, lambda: ran.append("other"))
    cancel()
    cancel()
    ends()
    assert ran == ["other"]


def test_all_work_is_in_one_thread() -> None:
    held = threading.Event()
    for _ in range(50):
        repeat(0.05, lambda: None if held.is_set() else 0.01)
    assert len(threads()) == 1
    time.sleep(0.1)
    assert len(threads()) == 1
    held.set()
    ends()
    repeat(0.01, lambda: None)  # it begins anew
    assert len(threads()) == 1
    ends()


def test_work_that_cancels_itself_is_not_repeated() -> None:
    ran: list[str] = []

    def work() -> float:
        ran.append("once")
        cancel()
        return 0.01

    cancel = repeat(0.02, work)
    ends()
    assert ran == ["once"]


def test_where_no_thread_can_be_started_that_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    with pytest.raises(RuntimeError):
        repeat(0.01, lambda: None)
    monkeypatch.undo()
    assert threads() == []


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no processes are forked on Windows")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_process_has_work_of_its_own_only() -> None:
    end = threading.Event()
    repeat(0.02, lambda: None if end.is_set() else 0.01)
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        ran: list[str] = []
        repeat(0.01, lambda: ran.append("own"))
        time.sleep(0.3)
        os.write(writer, b"own" if ran == ["own"] else b"not")
        os._exit(0)
    assert os.read(reader, 3) == b"own"
    os.waitpid(child, 0)
    end.set()
    ends()
