"""Sets the environment variables of the function whose code runs."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping


class EnvironmentVariables:
    """Sets the environment variables of one function at a time, and those of the test again at the end.

    A function does not see the variables that configure AWS clients on this machine, and what it changes itself is gone
    when another function runs.

    Attributes:
        current: Variables of the function that are set; `None`: those of the test.
    """

    __slots__ = ("_outside", "current")

    def __init__(self) -> None:
        self._outside: dict[str, str] | None = None
        self.current: Mapping[str, str] | None = None

    def use(self, variables: Mapping[str, str]) -> None:
        """Set a function's variables and remove those of the previous function."""
        if self._outside is None:
            self._outside = dict(os.environ)
        seen = {name: value for name, value in self._outside.items() if not name.startswith("AWS_")}
        _set({**seen, **variables})
        self.current = variables

    def restore(self) -> None:
        """Restore the environment as it was before the first function."""
        if self._outside is not None:
            _set(self._outside)
        self._outside = self.current = None


def _set(variables: Mapping[str, str]) -> None:
    zone = os.environ.get("TZ")
    for name in set(os.environ) - set(variables):
        del os.environ[name]
    for name, value in variables.items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if os.environ.get("TZ") != zone and hasattr(time, "tzset"):
        time.tzset()
