"""Claims of keys that are done besides are written after all endings, and no ending waits for one."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pytest

from redrive.core.parallel import background
from redrive.idempotency.group_commit import GroupCommit
from redrive.idempotency.record import Claim, Ending

LAST = Claim("last", "owner", 0.0, 1, 2)


class Writes:
    """Writes at once, but for claims, which hang until the test lets them."""

    def __init__(self) -> None:
        self.written: list[list[str]] = []
        self.hangs = threading.Event()
        self.hangs.set()

    def __call__(self, group: Sequence[Any]) -> Mapping[str, Exception | None]:
        if isinstance(group[0], Claim):
            assert self.hangs.wait(10)
        keys = [each.key for each in group]
        self.written.append(keys)
        return dict.fromkeys(keys)


@pytest.fixture
def writes() -> Iterator[Writes]:
    writes = Writes()
    yield writes
    writes.hangs.set()


def test_endings_are_written_while_a_claim_waits(writes: Writes) -> None:
    writes.hangs.clear()
    commit = GroupCommit(writes, 0.0)
    commit.add_last(LAST)
    for key in "abc":
        commit.add(Ending(key, "owner"))
        while [key] not in writes.written:  # each in a write of its own, as when they are far apart
            threading.Event().wait(0.001)
    assert commit.close(0.05) == dict.fromkeys("abc")
    writes.hangs.set()


def test_an_ending_that_comes_at_the_end_is_before_the_claims(writes: Writes) -> None:
    commit = GroupCommit(writes, 10.0)
    commit.add_last(LAST)
    commit.add(Ending("a", "owner"))
    assert set(commit.close(10)) == {"a", "last"}
    assert writes.written == [["a"], ["last"]]


@pytest.mark.parametrize("can_start", [True, False, None], ids=["thread", "no more threads", "no background"])
def test_claims_alone_are_written_at_the_end(writes: Writes, can_start: bool | None) -> None:
    def start(work: Any) -> None:
        if not can_start:
            raise RuntimeError("can't start new thread")
        threading.Thread(target=work).start()

    with background.replaced(None if can_start is None else start):
        commit = GroupCommit(writes, 0.0)
        commit.add_last(LAST)
        commit.add_last(LAST._replace(key="other"))
        assert writes.written == []
        assert set(commit.close(10)) == {"last", "other"}
    assert writes.written == [["last", "other"]]


@pytest.mark.parametrize("can_start", [False, None], ids=["no more threads", "no background"])
def test_without_threads_endings_are_written_at_once_and_claims_at_the_end(
    writes: Writes, can_start: bool | None
) -> None:
    def start(work: Any) -> None:
        raise RuntimeError("can't start new thread")

    with background.replaced(None if can_start is None else start):
        commit = GroupCommit(writes, 0.0)
        commit.add(Ending("a", "owner"))
        commit.add_last(LAST)
        commit.add(Ending("b", "owner"))
        assert writes.written == [["a"], ["b"]]
        commit.close(10)
    assert writes.written == [["a"], ["b"], ["last"]]
