"""Calls the user's hooks."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from redrive.core.log import described, warn

F = TypeVar("F")


def tell(hook: Callable[[F], object] | None, told: F, name: str = "on_failure") -> None:
    """Call the user's hook, if any; log its error and continue.

    Args:
        hook: The hook.
        told: The argument of the hook.
        name: The name of the hook in the log.
    """
    if hook is None:
        return
    try:
        hook(told)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # even a SystemExit in a hook must not fail the whole batch
        warn(f"redrive.{name}_failed", error=described(broken), error_type=type(broken).__name__)
