"""The base of every helper: frozen values, seams to the outside, the log, the running invocation.

Here is what every helper loads before anything else: `attach`, and the errors that a function raises to choose how its
failure is handled. Python takes longer to find a module than to run it, so a folder's own file holds such code.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import timedelta
    from typing import Any


def attach(package: str, names: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Make a package's `__getattr__`, which also gives its `__all__`, and its `__dir__` from one table.

    A public name is loaded when it is first asked for: a cold start pays for the one helper its function uses.
    `tools/stubs.py` writes the package's `__init__.pyi` from the same table, for type checkers and editors.

    Args:
        package: The package's `__name__`.
        names: Public names by module, separated by blanks.
    """

    def public() -> list[str]:
        return sorted(name for several in names.values() for name in several.split())

    def load(name: str) -> object:
        if name == "__all__":
            return public()
        for module, several in names.items():
            if name in several.split():
                import sys

                value = getattr(__import__(module, fromlist=(name,)), name)
                setattr(sys.modules[package], name, value)  # asked for once
                return value
        raise AttributeError(f"module {package!r} has no attribute {name!r}")

    return load, public


class Permanent(Exception):
    """This event will never succeed: do not retry it.

    A user's function raises it. An SQS message is dead-lettered at once, with the reason, instead of being received
    until its redrive policy moves it there. A stream record is set aside at once. If no place for that is configured,
    the event is retried like after any other failure. Lambda retries an asynchronous event even after `Permanent`.

    Args:
        reason: What is wrong with the event, in a sentence that helps the person who finds it in the dead-letter queue.
            Default: empty.

    Attributes:
        reason: What is wrong with the event.
    """

    def __init__(self, reason: str = "") -> None:
        super().__init__(reason)
        self.reason = reason


class Retry(Exception):
    """Retry this event later.

    A user's function raises it if it knows when another attempt makes sense. Any other error also causes a retry, after
    the wait of the backoff policy.

    Args:
        after: Time until the next attempt, in seconds or as a `timedelta`. Default: the wait of the backoff policy.
        reason: The text for the log line. Default: a text that gives the wait, such as `retry after 30 s`.

    Attributes:
        after: Seconds until the next attempt; `None`: the backoff policy decides.

    Raises:
        ValueError: `after` is negative or not a finite number.
        TypeError: `after` is neither a number nor a `timedelta`.
    """

    def __init__(self, after: float | timedelta | None = None, reason: str = "") -> None:
        seconds = None if after is None else _seconds(after)
        super().__init__(reason or (f"retry after {seconds:g} s" if seconds is not None else "retry"))
        self.after = seconds


def _seconds(after: Any) -> float:
    rule = "the wait is a timedelta or a number of seconds, 0 or more; leave it out to let the backoff policy decide"
    # A timedelta is recognized by its method: a cold start does not load `datetime` for this.
    seconds: Any = after.total_seconds() if hasattr(after, "total_seconds") else after
    if isinstance(seconds, (str, bool)) or not hasattr(seconds, "__float__"):
        raise TypeError(f"Retry(after={after!r}): {rule}; give a text as reason=")
    try:
        is_wait = 0 <= float(seconds) < float("inf")
    except OverflowError:
        is_wait = False
    if not is_wait:
        raise ValueError(f"Retry(after={after!r}): {rule}")
    return seconds if isinstance(seconds, int) else float(seconds)


class SettingsError(ValueError):
    """A setting that a construct wrote, or that the user's code passed, is invalid."""
