"""Replaceable defaults for what the helpers take from outside: time, randomness, AWS clients.

A seam has one default. Tests, the simulator and a user's own session can replace it for a while. It has one value for
the whole process, not one for each thread: a helper's worker threads must see the same virtual clock as the thread that
started them.
"""

from __future__ import annotations

from types import GenericAlias

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Generic, TypeVar

    T = TypeVar("T")

    class _Of(Generic[T]):
        __slots__ = ()

else:

    class _Of:
        __slots__ = ()
        __class_getitem__ = classmethod(GenericAlias)


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
