"""`TmpCounter`: counts attempts in files of the execution environment."""

# ruff: noqa: PTH103, PTH108, PTH114

from __future__ import annotations

import os  # `pathlib` takes longer to import than this whole module
from collections.abc import Iterator, Sequence
from threading import Lock

from redrive.asynchronous.counters.base import DEFAULT_EXPIRY, checked_expiry
from redrive.core.system import Seam, now

# Each attempt is eight bytes: its time in milliseconds. Disk blocks are multiples of that, so no record is split.
_RECORD = 8
# Another thread or process that tidies the folder may remove an event's file between opening and writing it.
_MOST_TRIES = 10
_LONGEST_NAME = 64
# Tidying this often per expiry leaves few expired files in the folder.
_TIDYINGS = 10

#: The folder of counters that are made without one. The simulator replaces it, so that runs count for themselves.
default_folder: Seam[str] = Seam("/tmp/redrive-attempts")


class TmpCounter:
    """Counts attempts in `/tmp`.

    It needs no permissions and no resources, costs nothing, and takes a fraction of a millisecond. But it knows only
    the attempts in its own execution environment: **a retry that Lambda gives to another environment counts as 0
    again**. It is exact while the same environment is reused, as with a reserved concurrency of 1 and events that
    follow each other. In all other cases treat its number as a hint, or use another counter. Lambda keeps `/tmp` for
    the life of the environment: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html.

    Threads and processes may count in the same folder at the same time, without a lock. `forget` removes the event's
    file. Expired files are removed from time to time, and the number of files is limited to `most`.

    Args:
        folder: The folder for the files, one for each event. It is made when needed and must contain nothing else. It
            must not be a symbolic link; links in it are not followed either.
            Default: `/tmp/redrive-attempts`.
        expiry: Seconds that an attempt is kept. Default: 22,800, enough for any event.
        most: Largest number of events to keep. The oldest are dropped first, with a log line. Default: 1,000.

    Raises:
        ValueError: `expiry` is not above 0, or `most` is below 1.
    """

    def __init__(self, folder: str | None = None, expiry: float = DEFAULT_EXPIRY, most: int = 1000) -> None:
        if folder is not None and not folder:
            raise ValueError(f"folder={folder!r}: give the path of a folder, or leave it out for one in /tmp")
        if most < 1:
            raise ValueError(f"most={most!r}: the event that is being tried must be remembered; give 1 or more")
        self._given = folder
        self._expiry = checked_expiry(expiry)
        self._most = most
        self._files = 0  # an estimate: other processes may add and remove files
        self._tidied: float | None = None
        self._tidying = Lock()

    def increment(self, request_id: str, seconds: float | None = None) -> int:
        """Count an attempt.

        Args:
            request_id: The request id of the event.
            seconds: Unused, because the call does not wait for anything.

        Returns:
            The number of attempts before this one in this execution environment.

        Raises:
            OSError: The file cannot be written, for instance because `/tmp` is full, or it or the folder is a symbolic
                link.
        """
        moment = now()
        path = self._path(request_id)
        for _ in range(_MOST_TRIES):
            attempts = self._add(path, moment)
            if attempts is not None:
                break
        else:
            raise OSError(f"{path}: removed {_MOST_TRIES} times while an attempt was being written to it")
        if len(attempts) == 1:
            self._files += 1
        self._tidy(moment, path)
        oldest = _milliseconds(moment - self._expiry)
        return sum(each > oldest for each in attempts[:-1])

    def forget(self, request_id: str) -> None:
        """Remove the event's file.

        Args:
            request_id: The request id of the event.

        Raises:
            OSError: The file cannot be removed.
        """
        folder, _, name = self._path(request_id).rpartition("/")
        try:
            with_folder = _open_folder(folder)
            try:
                os.unlink(name, dir_fd=with_folder)
            finally:
                os.close(with_folder)
        except FileNotFoundError:
            return
        self._files -= 1

    @property
    def _folder(self) -> str:
        # With a slash at the end, the system would follow a link.
        return (default_folder.get() if self._given is None else self._given).rstrip("/") or "/"

    def _path(self, request_id: str) -> str:
        name = request_id
        plain = name.isascii() and name.replace("-", "").isalnum() and name.islower()
        if not plain or len(name) > _LONGEST_NAME:
            from hashlib import sha256  # takes milliseconds to import, and Lambda's own request ids do not need it

            name = "id-" + sha256(name.encode(errors="surrogatepass")).hexdigest()  # longer than any plain name
        return f"{self._folder}/{name}"

    def _add(self, path: str, moment: float) -> list[int] | None:
        """Write an attempt; return the times of all attempts up to it, or `None` if the file was removed."""
        try:
            file = _opened(path)
        except FileNotFoundError:
            os.makedirs(self._folder, 0o700, exist_ok=True)
            file = _opened(path)
        try:
            if os.write(file, _milliseconds(moment).to_bytes(_RECORD, "big", signed=True)) != _RECORD:
                raise OSError(f"{path}: the attempt was not written whole; is the disk full?")
            # Appending moves the position of this descriptor to the end of its own record, whatever others append.
            end = os.lseek(file, 0, os.SEEK_CUR)
            os.utime(file, (moment, moment))
            if os.fstat(file).st_nlink == 0:
                return None
            os.lseek(file, 0, os.SEEK_SET)
            content = os.read(file, end)
        finally:
            os.close(file)
        records = (content[start : start + _RECORD] for start in range(0, end, _RECORD))
        return [int.from_bytes(record, "big", signed=True) for record in records]

    def _tidy(self, moment: float, own: str) -> None:
        """Remove expired and surplus files: on the first call, then only now and then, so that most calls are free."""
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
            from redrive.core.log import warn

            warn(
                "redrive.attempt.counts_dropped",
                folder=self._folder,
                events=len(surplus),
                remedy=f"there were more than {self._most} events with failed attempts, and retries of the oldest will "
                "count as 0 again: give TmpCounter a larger `most`, or use another counter",
            )


def to_remove(files: Sequence[tuple[float, str]], oldest: float, most: int) -> tuple[list[str], list[str]]:
    """Return the paths of the expired files and of the oldest surplus files.

    Args:
        files: Modification times and paths.
        oldest: Files with this time or an earlier one have expired.
        most: Number of files that may stay. If there are more, another tenth of `most` is removed to make room.
    """
    expired = [path for time, path in files if time <= oldest]
    kept = sorted(file for file in files if file[0] > oldest)
    surplus = len(kept) - (most - most // 10) if len(kept) > most else 0
    return expired, [path for _, path in kept[:surplus]]


def _milliseconds(moment: float) -> int:
    return round(moment * 1000)


# Neither the folder nor a file may be a symbolic link: what it leads to is not ours to write to, or to tidy up.
def _opened(path: str) -> int:
    folder, _, name = path.rpartition("/")
    with_folder = _open_folder(folder)
    try:
        return os.open(name, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600, dir_fd=with_folder)
    except OSError as error:
        _refuse_link(path, error)
        raise
    finally:
        os.close(with_folder)


def _open_folder(folder: str) -> int:
    try:
        return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        _refuse_link(folder, error)
        raise


def _refuse_link(path: str, error: OSError) -> None:
    """Raise an error with the reason if a path was not opened because it is a link."""
    if os.path.islink(path):
        what = "a symbolic link, which TmpCounter does not follow: remove it, or give another folder"
        raise OSError(error.errno, what, path) from error


def _files(folder: str) -> Iterator[tuple[float, str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            try:
                yield os.lstat(entry.path).st_mtime, entry.path
            except FileNotFoundError:  # removed by another thread
                continue


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:  # already removed, or not removable: counting does not depend on it
        return
