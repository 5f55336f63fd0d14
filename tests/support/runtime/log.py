"""The type of the fixture `log`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

#: The log lines of one event, each read as JSON.
Log = Callable[[str], list[dict[str, Any]]]
