"""Checks the options that all batch handlers share."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from redrive.core.callables import is_async, is_generator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def check_options(
    function: Callable[..., Any],
    *,
    concurrency: int,
    deadline_margin: float | None,
    callbacks: Mapping[str, Callable[..., Any] | None],
    records: str,
    outcome: str,
) -> None:
    """Raise `ValueError` or `TypeError` for options with which the handler could not work.

    Args:
        function: The user's function.
        concurrency: Number of records that run at a time.
        deadline_margin: Seconds left to answer in.
        callbacks: Functions by option name, called without being awaited.
        records: The word for records in error messages, in the plural.
        outcome: The consequence of a function that does nothing, for error messages.
    """
    if not isinstance(concurrency, int) or concurrency < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(
            f"concurrency={concurrency!r}: how many {records} run at a time is a whole number; give 1 or more"
        )
    if deadline_margin is not None and deadline_margin < 0:
        raise ValueError(
            f"deadline_margin={deadline_margin}: the margin is the seconds left to answer in, 0 or more; "
            "leave it out for one that fits the invocation"
        )
    if is_generator(function):
        raise TypeError(
            f"{function!r} is a generator function: calling it runs none of it, and {outcome}; take the `yield` out"
        )
    for name, callback in callbacks.items():
        if callback is not None and is_async(callback):
            raise TypeError(f"{name}={callback!r} is an `async def` function, and is called without being awaited")
