"""What the helpers take from outside: time, randomness, AWS clients.

A seam holds one default and can be replaced for a while, by tests, by the simulator and by a user's own session.
It is one value for the whole process, not one for each thread: a helper's worker threads must see the same
virtual clock as the thread that started them.
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
        default: What `get` answers while nothing else was put in its place.
    """

    __slots__ = ("_default", "_value")

    def __init__(self, default: T) -> None:
        self._default = default
        self._value = default

    def get(self) -> T:
        """The value in force."""
        return self._value

    def use(self, value: T) -> None:
        """Replace the value until `reset`, or for the life of the process."""
        self._value = value

    def reset(self) -> None:
        """Go back to the default."""
        self._value = self._default

    def replaced(self, value: T) -> Replaced[T]:
        """Replace the value within a `with` block.

        Args:
            value: What `get` answers inside the block.

        Returns:
            The context manager.
        """
        return Replaced(self, value)


class Replaced(_Of["T"]):
    """A value that is in a seam's place for the length of a `with` block. Made by `Seam.replaced`."""

    __slots__ = ("_before", "_seam", "_value")

    def __init__(self, seam: Seam[T], value: T) -> None:
        self._seam = seam
        self._value = value
        self._before = value

    def __enter__(self) -> T:
        """Put the value in its place."""
        self._before = self._seam.get()
        self._seam.use(self._value)
        return self._value

    def __exit__(self, *_: object) -> None:
        """Put back what was there before."""
        self._seam.use(self._before)
