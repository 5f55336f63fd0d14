"""Replaceable defaults for what the helpers take from outside (time, chance, AWS clients), and the current invocation.

A seam has one default. Tests, the simulator and a user's own session can replace it for a while. It has one value for
the whole process, not one for each thread: a helper's worker threads must see the same virtual clock as the thread that
started them.
"""

from __future__ import annotations

import os
import time
from _contextvars import ContextVar  # `contextvars` has it from there: one file less to find at a cold start
from collections.abc import Callable
from itertools import count
from types import GenericAlias

TYPE_CHECKING = False


if TYPE_CHECKING:
    from types import FrameType
    from typing import Any, Generic, TypeVar

    T = TypeVar("T")

    class _Of(Generic[T]):
        __slots__ = ()

else:

    class _Of:
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)


class Invocation:
    """The current invocation, which a handler keeps in `current` until it returns.

    Attributes:
        describe: The handler's function for the text of errors, if it has one.
    """

    describe: Callable[[BaseException], str] | None = None

    def __init__(self, context: Any) -> None:
        self.context = context


#: The current invocation, an `Invocation` or `None`. Threads and tasks see it if they run in a copy of its context
#: variables.
current: ContextVar[Any] = ContextVar("redrive_invocation", default=None)

#: The argument of the function that runs now: an object whose `delivery` identifies its event's delivery, or `None`.
running: ContextVar[Any] = ContextVar("redrive_running", default=None)

#: Coroutines that calls have dropped without awaiting them; empty nearly always. Each has the helpers' frames below it,
#: the tasks of the `async def` call or `None`, and its name.
dropped: list[tuple[list[FrameType], list[Any] | None, str]] = []

#: The tasks that the current call of an `async def` function has started; tasks that these start belong to it too.
started_tasks: ContextVar[list[Any] | None] = ContextVar("redrive_started", default=None)


class Seam(_Of["T"]):
    """A replaceable value.

    Args:
        default: The result of `get` while nothing has replaced it.
    """

    __slots__ = ("_default", "_value")

    def __init__(self, default: T) -> None:
        self._default = default
        self._value = default

    def get(self) -> T:
        """Return the current value."""
        return self._value

    def use(self, value: T) -> None:
        """Replace the value until `reset`, or for the life of the process."""
        self._value = value

    def reset(self) -> None:
        """Go back to the default."""
        self._value = self._default

    def replaced(self, value: T) -> Replaced[T]:
        """Return a context manager that replaces the value within a `with` block."""
        return Replaced(self, value)


class Replaced(_Of["T"]):
    """Replaces the value of a seam within a `with` block. Made by `Seam.replaced`."""

    __slots__ = ("_before", "_seam", "_value")

    def __init__(self, seam: Seam[T], value: T) -> None:
        self._seam = seam
        self._value = value
        self._before = value

    def __enter__(self) -> T:
        """Replace the value."""
        self._before = self._seam.get()
        self._seam.use(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        """Restore the earlier value."""
        self._seam.use(self._before)


#: Returns the time in seconds since the epoch. Replace it with `clock.replaced(lambda: 1_700_000_000.0)`.
clock: Seam[Callable[[], float]] = Seam(time.time)


def now() -> float:
    """Return the time, in seconds since the epoch."""
    return clock.get()()


#: Waits for some seconds. Replace it together with the clock: with a virtual clock, it advances the clock instead.
sleeper: Seam[Callable[[float], None]] = Seam(time.sleep)


def pause(seconds: float) -> None:
    """Wait for some seconds."""
    sleeper.get()(seconds)


def _system_random() -> float:
    # From the operating system: with SnapStart, all execution environments are restored from one snapshot, and the
    # generators of Python's `random` have one state in all of them:
    # https://docs.aws.amazon.com/lambda/latest/dg/snapstart-uniqueness.html
    return (int.from_bytes(os.urandom(7), "big") >> 3) / 2**53  # 53 bits, as many as a float has


#: Returns a number in [0, 1). Replace it with `randomness.replaced(lambda: 0.5)` or a seeded `Random(7).random`.
randomness: Seam[Callable[[], float]] = Seam(_system_random)


def draw() -> float:
    """Return a random number in [0, 1)."""
    return randomness.get()()


_made = count()


def new_token() -> str:
    """Return a unique token for one write, so that a write that is sent again after a lost reply counts only once."""
    parts = (int(now() * 1_000_000), int(draw() * 2**53), os.getpid(), next(_made))
    return "-".join(f"{part:x}" for part in parts)
