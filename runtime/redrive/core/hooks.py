"""Calls the user's hooks."""

from __future__ import annotations

from collections.abc import Callable

from redrive.core.log import described, warn

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    F = TypeVar("F")


def call_hook(hook: Callable[[F], object] | None, argument: F, name: str = "on_failure") -> None:
    """Call the user's hook, if any; log its error and continue.

    Args:
        hook: The hook.
        argument: The argument of the hook.
        name: The name of the hook in the log.
    """
    if hook is None:
        return
    try:
        hook(argument)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # even a SystemExit in a hook must not fail the whole batch
        warn(f"redrive.{name}_failed", error=described(broken), error_type=type(broken).__name__)
