"""A setting that is not a finite number is an error that says so."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive import SettingsError
from redrive.settings.values import number, seconds


@pytest.mark.parametrize("read", [number, seconds])
@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "true", '"1"', "null"])
def test_it_is_refused(read: Any, text: str) -> None:
    with pytest.raises(SettingsError, match=r"timeout is .*, expected a number"):
        read("timeout", json.loads(text))


@pytest.mark.parametrize("read", [number, seconds])
def test_any_other_number_is_read(read: Any) -> None:
    assert [read("timeout", each) for each in (0, -1, 2.5, 10**20)] == [0.0, -1.0, 2.5, 1e20]
