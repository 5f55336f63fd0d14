"""Catches whatever a call raises."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def raised_by(call: Callable[[], Any]) -> BaseException | None:
    """Returns the error that a call raises; `pytest.raises` treats some errors specially, and cannot look at others."""
    try:
        call()
    except BaseException as error:
        return error
    return None
