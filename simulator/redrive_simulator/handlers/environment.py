"""Sets the environment variables of the function whose code runs."""

from __future__ import annotations

import os
from collections.abc import Mapping


class Environments:
    """Sets the environment variables of one function at a time and restores the previous values."""

    __slots__ = ("_before", "_current")

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}
        self._current: Mapping[str, str] = {}

    def use(self, variables: Mapping[str, str]) -> None:
        """Set a function's variables and remove those of the previous function."""
        current = self._current
        if variables is current:  # the common case: the same function again
            return
        for name in current:
            if name not in variables:
                self._restore(name)
        for name, value in variables.items():
            if name not in self._before:
                self._before[name] = os.environ.get(name)
            if current.get(name) != value:
                os.environ[name] = value
        self._current = variables

    def restore(self) -> None:
        """Restore the environment as it was before the first function."""
        for name in self._before:
            self._restore(name)
        self._before.clear()
        self._current = {}

    def _restore(self, name: str) -> None:
        before = self._before.get(name)
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before
