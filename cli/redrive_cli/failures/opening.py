"""Opens the reader of a place, after a check that looking is safe."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager

from redrive_cli.aws import Aws
from redrive_cli.errors import Exit, Problem
from redrive_cli.failures.archive import ArchiveReader
from redrive_cli.failures.bucket import BucketReader
from redrive_cli.failures.found import Found
from redrive_cli.failures.queue import QueueReader
from redrive_cli.failures.reader import MOST, Reader
from redrive_cli.places.place import BucketPlace, Place, QueuePlace


@contextmanager
def opened(aws: Aws, place: Place, *, yes: bool, expected: int | None = None) -> Generator[Reader]:
    """Open a place, and give back at the end what was taken and not deleted.

    Args:
        aws: The account.
        place: The place.
        yes: Whether a person agreed to look also where a look may move messages.
        expected: How many failures will be taken at most; `None`: all.

    Raises:
        Problem: A look may move messages, and nobody agreed.
    """
    if isinstance(place, QueuePlace) and place.has_policy and not yes:
        raise Problem(
            f"{place.name} has a redrive policy of its own: each look raises the receive counts, after which SQS moves "
            "messages on to the next dead-letter queue; give --yes to look all the same",
            Exit.USAGE,
        )
    reader = _reader(aws, place, expected)
    try:
        yield reader
    finally:
        reader.close()


def _reader(aws: Aws, place: Place, expected: int | None) -> Reader:
    if isinstance(place, QueuePlace):
        return QueueReader(aws, place, expected)
    return BucketReader(aws, place) if isinstance(place, BucketPlace) else ArchiveReader(aws, place)


def each_in(reader: Reader, limit: int | None = None) -> Iterator[Found]:
    """Yield what a reader takes, up to a number."""
    left = limit
    while not reader.exhausted and (left is None or left > 0):
        for each in reader.take(MOST if left is None else min(MOST, left)):
            yield each
            left = None if left is None else left - 1
