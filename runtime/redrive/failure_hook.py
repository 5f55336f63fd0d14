"""Telling the user's own telemetry of something."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redrive.log import described, warn

F = TypeVar("F")


def tell(hook: Callable[[F], object] | None, told: F, name: str = "on_failure") -> None:
    """Call the user's hook. What it raises is logged and changes nothing.

    Args:
        hook: The hook, if any.
        told: What it is told.
        name: What the hook is called in the log.
    """
    if hook is None:
        return
    try:
        hook(told)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # a SystemExit there is no reason to run the whole batch again
        warn(f"redrive.{name}_failed", error=described(broken), error_type=type(broken).__name__)
