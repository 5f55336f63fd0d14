"""Telling the user's own telemetry of a failure."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redrive.log import described, warn

F = TypeVar("F")


def tell(on_failure: Callable[[F], object] | None, failure: F) -> None:
    """Call the user's hook. What it raises is logged and changes nothing.

    Args:
        on_failure: The hook, if any.
        failure: What it is told.
    """
    if on_failure is None:
        return
    try:
        on_failure(failure)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # a SystemExit there is no reason to run the whole batch again
        warn("redrive.on_failure_failed", error=described(broken), error_type=type(broken).__name__)
