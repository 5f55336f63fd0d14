"""Defines what the readers of buckets and archives have in common: they list, and hide nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from threading import Lock
from typing import Generic, TypeVar

from redrive_cli.failures.found import Found
from redrive_cli.failures.reader import MOST, Counts

Entry = TypeVar("Entry")


class ListedReader(Generic[Entry]):
    """Reads a place that can be listed; see `Reader`. Looking changes nothing."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._entries = self._listed()
        self._exhausted = False

    @property
    def exhausted(self) -> bool:
        """True if everything was taken."""
        return self._exhausted

    @property
    def note(self) -> str:
        """Nothing."""
        return ""

    def counts(self) -> Counts:
        """Return the number of entries."""
        return Counts(total=sum(1 for _ in self._listed()))

    def take(self, most: int = MOST) -> Sequence[Found]:
        """Return the next failures."""
        with self._lock:
            taken = list(islice(self._entries, most))
            self._exhausted = len(taken) < most
        return self._found(taken)

    @abstractmethod
    def delete(self, several: Sequence[Found]) -> Mapping[str, str]:
        """Delete failures, and return the errors of those that were not deleted, by key."""

    def keep(self, several: Sequence[Found], seconds: int) -> None:
        """Do nothing: nothing is hidden."""

    def again(self) -> None:
        """Do nothing: there is nothing new."""

    def close(self) -> None:
        """End the listing."""
        self._entries = iter(())

    @abstractmethod
    def _listed(self) -> Iterator[Entry]:
        """Yield what the place has."""

    @abstractmethod
    def _found(self, taken: Sequence[Entry]) -> Sequence[Found]:
        """Read some of it."""
