"""Environments restored from one snapshot (SnapStart) share the state of `random`: they must not draw the same numbers.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from itertools import count
from pathlib import Path

import pytest

import redrive
from redrive.core.system import clock, draw, new_token

RUNTIME = Path(redrive.__file__).parent


def restored(monkeypatch: pytest.MonkeyPatch, work: Callable[[], object], times: int = 50) -> list[object]:
    """Returns the results of environments that come from one snapshot, all with the same time and process id."""
    snapshot = random.getstate()
    seen: list[object] = []
    monkeypatch.setattr("redrive.core.system.os.getpid", lambda: 8)
    with clock.replaced(lambda: 1_700_000_000.0):
        for _ in range(times):
            random.setstate(snapshot)
            monkeypatch.setattr("redrive.core.system._made", count())
            seen.append(work())
    return seen


@pytest.mark.parametrize("work", [draw, new_token])
def test_environments_of_one_snapshot_draw_different_numbers(
    monkeypatch: pytest.MonkeyPatch, work: Callable[[], object]
) -> None:
    assert len(set(restored(monkeypatch, work))) == 50


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_processes_that_are_copies_draw_different_numbers() -> None:
    texts: set[bytes] = set()
    for _ in range(3):
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.write(writing, f"{draw()}".encode())
            os._exit(0)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            texts.add(pipe.read())
        os.waitpid(pid, 0)
    assert len(texts) == 3


@pytest.mark.parametrize(("octet", "drawn"), [(0, 0.0), (255, 1 - 2**-53), (128, 128 / 255)])
def test_a_number_is_from_0_to_below_1(monkeypatch: pytest.MonkeyPatch, octet: int, drawn: float) -> None:
    monkeypatch.setattr("redrive.core.system.os.urandom", lambda size: bytes([octet]) * size)
    assert 0 <= draw() < 1
    assert draw() == pytest.approx(drawn, abs=1e-9)


def test_numbers_are_spread_evenly() -> None:
    numbers = [draw() for _ in range(4000)]
    assert sum(numbers) / len(numbers) == pytest.approx(0.5, abs=0.05)
    assert min(numbers) < 0.01 < 0.99 < max(numbers)


def test_no_module_of_the_runtime_uses_pythons_generator() -> None:
    imports = re.compile(r"^\s*(?:from|import) (?:numpy\.)?random\b", re.MULTILINE)
    found = [path.name for path in RUNTIME.rglob("*.py") if imports.search(path.read_text(encoding="utf-8"))]
    assert imports.search("x = 1\nif x:\n    from random import random\n")
    assert found == []
