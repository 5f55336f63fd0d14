"""`TmpCounter` writes, counts and removes in its own folder only: no link leads it elsewhere."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from redrive import TmpCounter, async_handler
from tests.support.runtime.asynchronous.attempts import OTHER_ID, REQUEST_ID
from tests.support.runtime.sqs.queue import Context

Log = Callable[[str], list[dict[str, Any]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "attempts"


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder of somebody else's, with a file."""
    there = tmp_path / "elsewhere"
    there.mkdir()
    (there / REQUEST_ID).write_bytes(b"precious")
    os.utime(there / REQUEST_ID, (0, 0))
    return there


def untouched(elsewhere: Path) -> bool:
    return [file.name for file in elsewhere.iterdir()] == [REQUEST_ID] and (
        elsewhere / REQUEST_ID
    ).read_bytes() == b"precious"


@pytest.mark.parametrize("target", ["file", "missing"])
def test_a_link_in_place_of_a_file_is_not_written_through(folder: Path, elsewhere: Path, target: str) -> None:
    folder.mkdir()
    (folder / REQUEST_ID).symlink_to(elsewhere / (REQUEST_ID if target == "file" else "new"))
    counter = TmpCounter(str(folder))
    with pytest.raises(OSError, match="symbolic link, which TmpCounter does not follow"):
        counter.increment(REQUEST_ID)
    assert counter.increment(OTHER_ID) == 0
    counter.forget(REQUEST_ID)  # removes the link
    assert counter.increment(REQUEST_ID) == 0
    assert untouched(elsewhere)


@pytest.mark.parametrize("slash", ["", "/", "//"])
@pytest.mark.parametrize("exists", [True, False])
def test_a_link_in_place_of_the_folder_is_not_followed(folder: Path, elsewhere: Path, slash: str, exists: bool) -> None:
    folder.symlink_to(elsewhere if exists else elsewhere / "missing")
    counter = TmpCounter(f"{folder}{slash}", expiry=1)
    for call in (counter.increment, counter.forget):
        with pytest.raises(OSError, match="symbolic link"):
            call(REQUEST_ID)
    assert untouched(elsewhere)


def test_tidying_removes_an_old_link_and_not_what_it_leads_to(folder: Path, elsewhere: Path) -> None:
    folder.mkdir()
    (folder / "old").symlink_to(elsewhere / REQUEST_ID)
    os.utime(folder / "old", (0, 0), follow_symlinks=False)
    (folder / "folder").symlink_to(elsewhere)
    TmpCounter(str(folder), expiry=100).increment(REQUEST_ID)
    assert not (folder / "old").is_symlink()
    assert untouched(elsewhere)


def test_a_link_above_the_folder_is_none_of_our_business(tmp_path: Path, elsewhere: Path) -> None:
    """On some systems `/tmp` is one."""
    (tmp_path / "tmp").symlink_to(elsewhere)
    counter = TmpCounter(str(tmp_path / "tmp" / "attempts"))
    assert [counter.increment(REQUEST_ID) for _ in range(2)] == [0, 1]


def test_the_folder_is_for_its_user_only(folder: Path) -> None:
    TmpCounter(f"{folder}/").increment(REQUEST_ID)
    assert folder.stat().st_mode & 0o077 == 0


def test_an_event_runs_though_its_count_is_a_link(folder: Path, elsewhere: Path, context: Context, log: Log) -> None:
    folder.symlink_to(elsewhere)
    handler = async_handler(counter=TmpCounter(str(folder)))(
        lambda event, attempt: (attempt.number, attempt.is_counted)
    )
    assert handler({}, context) == (0, False)
    (line,) = log("redrive.attempt.counter_failed")
    assert "symbolic link" in line["error"]
