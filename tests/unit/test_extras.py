"""An error names the extra that brings what is not installed."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("missing", "file", "extra"),
    [
        ("aws_cdk", "constructs/redrive_cdk/__init__.py", "redrive[cdk]"),
        ("click", "cli/redrive_cli/__init__.py", "redrive[cli]"),
        ("rich", "cli/redrive_cli/__init__.py", "redrive[cli]"),
        ("time_machine", "simulator/redrive_simulator/handlers/clock.py", "redrive[simulator]"),
    ],
)
def test_what_is_missing_is_named_with_the_extra_that_brings_it(
    monkeypatch: pytest.MonkeyPatch, missing: str, file: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(ImportError) as raised:
        runpy.run_path(str(ROOT / file))
    assert f"pip install '{extra}'" in str(raised.value)
