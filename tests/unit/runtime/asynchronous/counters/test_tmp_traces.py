"""Counting in `/tmp` leaves no open descriptor behind, and only files that the function's user alone can read."""

from __future__ import annotations

from pathlib import Path

import pytest

from redrive import TmpCounter
from tests.support.runtime.asynchronous.attempts import OTHER_ID, REQUEST_ID

DESCRIPTORS = Path("/proc/self/fd")


@pytest.mark.skipif(not DESCRIPTORS.is_dir(), reason="shows a process's descriptors on Linux only")
def test_no_descriptor_stays_open(tmp_path: Path) -> None:
    """An execution environment has 1,024 of them: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html."""
    counter = TmpCounter(str(tmp_path / "attempts"))
    before = len(list(DESCRIPTORS.iterdir()))
    for _ in range(5):
        counter.increment(REQUEST_ID)
        counter.forget(REQUEST_ID)
        counter.forget(REQUEST_ID)
        counter.increment(OTHER_ID)
    assert len(list(DESCRIPTORS.iterdir())) == before


def test_only_its_user_can_read_what_it_writes(tmp_path: Path) -> None:
    folder = tmp_path / "attempts"
    TmpCounter(str(folder)).increment(REQUEST_ID)
    assert [path.stat().st_mode & 0o777 for path in (folder, *folder.iterdir())] == [0o700, 0o600]
