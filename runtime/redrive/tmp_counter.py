"""`TmpCounter`: attempts counted in files of the execution environment."""

# ruff: noqa: PTH103, PTH108

from __future__ import annotations

import os  # `pathlib` takes longer to import than all of this
from _thread import allocate_lock  # `threading` has the same under another name, and takes longer to import
from collections.abc import Iterator, Sequence

from redrive.attempt_counter import DEFAULT_EXPIRY, checked_expiry
from redrive.clock import now

# Eight bytes an attempt, its time in milliseconds. Blocks of a disk are multiples of it: it is written whole or not.
_RECORD = 8
# The file of an event may be taken away between opening and writing it, by someone who clears the folder.
_MOST_TRIES = 10
_LONGEST_NAME = 64
# A folder that is searched this often in the life of an attempt holds few files that are of no use any more.
_TIDYINGS = 10


class TmpCounter:
    """Counts attempts in `/tmp`.

    It needs no permissions and no resources, costs nothing, and takes a fraction of a millisecond. In return it knows
    only of the attempts in its own execution environment: **a retry that Lambda gives to another environment counts
    as 0 again**. It is right while the same environment is reused, as with a reserved concurrency of 1 and events that
    follow each other; anywhere else take it as a hint, or use another counter. `/tmp` is kept for the life of the
    environment: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.

    Threads and processes may count in the same folder at the same time, without a lock. `forget` removes the event's
    file. Files that have expired are removed from time to time, and there are never more than `most`.

    Args:
        folder: Where the files are, one for each event. Made when needed; nothing else should be in it.
        expiry: Seconds that an attempt is remembered for. Default: 22,800, which fits any event.
        most: How many events are remembered. The oldest are forgotten first, with a log line. Default: 1,000.

    Raises:
        ValueError: `expiry` is not above 0, or `most` is below 1.
    """

    def __init__(self, folder: str = "/tmp/redrive-attempts", expiry: float = DEFAULT_EXPIRY, most: int = 1000) -> None:
        if most < 1:
            raise ValueError(f"most={most!r}: the event that is being tried must be remembered; give 1 or more")
        self._folder = folder
        self._expiry = checked_expiry(expiry)
        self._most = most
        self._files = 0  # as far as this process knows
        self._tidied: float | None = None
        self._tidying = allocate_lock()

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Note an attempt.

        Args:
            request_id: The event's.
            seconds: Not needed, since there is nothing to wait for.

        Returns:
            How many attempts came before this one in this environment.

        Raises:
            OSError: The file cannot be written, for instance because `/tmp` is full.
        """
        moment = now()
        path = self._path(request_id)
        for _ in range(_MOST_TRIES):
            noted = self._noted(path, moment)
            if noted is not None:
                break
        else:
            raise OSError(f"{path}: removed {_MOST_TRIES} times while an attempt was being noted in it")
        if len(noted) == 1:
            self._files += 1
        self._tidy(moment, path)
        oldest = _milliseconds(moment - self._expiry)
        return sum(each > oldest for each in noted[:-1])

    def forget(self, request_id: str) -> None:
        """Remove the event's file.

        Args:
            request_id: The event's.

        Raises:
            OSError: It cannot be removed.
        """
        try:
            os.unlink(self._path(request_id))
        except FileNotFoundError:
            return
        self._files -= 1

    def _path(self, request_id: str) -> str:
        name = request_id
        plain = name.isascii() and name.replace("-", "").isalnum() and name.islower()
        if not plain or len(name) > _LONGEST_NAME:
            from hashlib import sha256  # takes milliseconds to import, and Lambda's own request ids do not need it

            name = "id-" + sha256(name.encode(errors="surrogatepass")).hexdigest()  # longer than any plain name
        return f"{self._folder}/{name}"

    def _noted(self, path: str, moment: float) -> list[int] | None:
        """Note an attempt; the times of all up to this one, or `None` if the file was removed meanwhile."""
        try:
            file = _opened(path)
        except FileNotFoundError:
            os.makedirs(self._folder, exist_ok=True)
            file = _opened(path)
        try:
            if os.write(file, _milliseconds(moment).to_bytes(_RECORD, "big", signed=True)) != _RECORD:
                raise OSError(f"{path}: the attempt was not written whole; is the disk full?")
            # Appending moves this opening's own position behind what it wrote, whatever others append.
            end = os.lseek(file, 0, os.SEEK_CUR)
            try:
                os.utime(path, (moment, moment))
            except FileNotFoundError:
                return None
            if os.fstat(file).st_nlink == 0:
                return None
            os.lseek(file, 0, os.SEEK_SET)
            content = os.read(file, end)
        finally:
            os.close(file)
        records = (content[start : start + _RECORD] for start in range(0, end, _RECORD))
        return [int.from_bytes(record, "big", signed=True) for record in records]

    def _tidy(self, moment: float, own: str) -> None:
        """Remove files that are of no use or too many: at first, then now and then, so that most calls cost nothing."""
        recently = self._tidied is not None and 0 <= moment - self._tidied < self._expiry / _TIDYINGS
        if (recently and self._files <= self._most) or not self._tidying.acquire(False):
            return
        try:
            others = [(age, path) for age, path in _files(self._folder) if path != own]
            expired, surplus = to_remove(others, moment - self._expiry, self._most - 1)
            for path in (*expired, *surplus):
                _remove(path)
            self._tidied = moment
            self._files = 1 + len(others) - len(expired) - len(surplus)
        finally:
            self._tidying.release()
        if surplus:
            from redrive.log import warn

            warn(
                "redrive.attempt.counts_dropped",
                folder=self._folder,
                events=len(surplus),
                remedy=f"there were more than {self._most} events with failed attempts, and retries of the oldest will "
                "count as 0 again: give TmpCounter a larger `most`, or use another counter",
            )


def to_remove(files: Sequence[tuple[float, str]], oldest: float, most: int) -> tuple[list[str], list[str]]:
    """Which files have to go.

    Args:
        files: Times and paths.
        oldest: Files of this time and before have expired.
        most: How many may stay. If there are more, a tenth of the room is cleared with them, for the next ones.

    Returns:
        Those that have expired, and the oldest of those that are too many.
    """
    expired = [path for time, path in files if time <= oldest]
    kept = sorted(file for file in files if file[0] > oldest)
    surplus = len(kept) - (most - most // 10) if len(kept) > most else 0
    return expired, [path for _, path in kept[:surplus]]


def _milliseconds(moment: float) -> int:
    return round(moment * 1000)


def _opened(path: str) -> int:
    return os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)


def _files(folder: str) -> Iterator[tuple[float, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                yield entry.stat().st_mtime, entry.path
            except FileNotFoundError:  # another thread was faster
                continue


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # gone already, or nothing of ours; counting goes on without
        return
