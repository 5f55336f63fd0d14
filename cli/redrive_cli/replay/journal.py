"""Keeps a journal of each replay on disk, so that an interrupted one continues without sending again what was sent.

Before a send, the ids are written as intended; after its reply, as sent or not sent; after the deletion, as deleted.
An intended send without an outcome is in doubt. Each line is one write of the operating system, which survives the
end of this process, and an intent is on the disk before its send, so that it survives the end of the machine. A later
line that is lost with the machine leaves its events in doubt, and nothing is deleted before its send is confirmed and
written.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Literal, cast

from redrive.core.system import now
from redrive_cli.errors import Exit, Problem

VERSION = "redrive-journal-1"
# Bytes that the last line of a journal that has ended takes at most, and seconds for which it is kept.
_END_LINE = 200
_KEPT = 30 * 86_400
Step = Literal["sent", "deleted", "not_sent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """The identity of a replay; one with the same values continues it.

    Attributes:
        run: Id of the run.
        places: Keys of its places.
        to: Destination that a person gave, with its account; empty for where each failure came from.
        keep: Whether the originals stay.
    """

    run: str
    places: tuple[str, ...]
    to: str = ""
    keep: bool = False


@dataclass(frozen=True, slots=True)
class Pending:
    """The rest of an interrupted replay.

    Attributes:
        path: Its journal.
        header: Its header.
        sent: Ids of what was sent and not deleted.
        in_doubt: Ids of what may have been sent, with the time before which it was not.
    """

    path: Path
    header: Header
    sent: frozenset[str]
    in_doubt: Mapping[str, float]


class Journal:
    """The journal of one run, as a file that one process writes.

    Args:
        path: Its file.
        header: Its header.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._lock = Lock()
        self._syncing = Lock()
        self._written = self._synced = 0
        self._is_cut_off = False
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        except OSError as error:
            raise Problem(
                f"the journal {path} could not be made ({error.strerror}), and nothing is sent without one: set "
                "REDRIVE_STATE to a folder that can be written",
                Exit.OTHER,
            ) from error
        if not _lock(self._file):
            raise Problem(f"another replay writes {path}", Exit.OTHER)
        self._write({"journal": VERSION, **_as_json(header)})

    def note(self, step: Step, ids: Iterable[str]) -> None:
        """Write that some failures have come to a step."""
        listed = list(ids)
        if listed:
            self._write({step: listed})

    def intend(self, ids: Iterable[str], at: float | None = None) -> None:
        """Write onto the disk that some failures are about to be sent.

        Args:
            ids: Their ids.
            at: Time of an earlier intent. Default: now.
        """
        listed = list(ids)
        if listed:
            self._sync(self._write({"intended": listed, "at": now() if at is None else at}))

    def take_over(self, before: Iterable[Pending]) -> None:
        """Write the rest of interrupted replays, and end their journals."""
        several = list(before)
        for each in several:
            for at in sorted(set(each.in_doubt.values())):
                self.intend((id for id, time in each.in_doubt.items() if time == at), at)
            self.note("sent", each.sent)
        self._sync(self._written)
        for each in several:
            with each.path.open("a", encoding="utf-8") as file:
                file.write(f"\n{json.dumps({'end': f'continued by {self.path.stem}'})}\n")

    def end(self, status: str) -> None:
        """Write that the run has ended, and how."""
        self._write({"end": status})
        self.close()

    def close(self) -> None:
        """Close the file; a run that has not ended continues from it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, line: Mapping[str, Any]) -> int:
        """Write a line, and return how many there are now."""
        with self._lock:
            text = f"{chr(10) * self._is_cut_off}{json.dumps(line)}\n".encode()
            self._is_cut_off = True
            try:
                written = os.write(self._file, text)
            except OSError as error:
                raise self._not_written(error.strerror) from error
            if written != len(text):
                raise self._not_written("only a part of a line")
            self._is_cut_off = False
            self._written += 1
            return self._written

    def _sync(self, written: int) -> None:
        """Return when the first lines are on the disk; threads that wait together share one call."""
        with self._syncing:
            if self._synced < written:
                reached = self._written
                try:
                    os.fsync(self._file)
                except OSError as error:
                    raise self._not_written(error.strerror) from error
                self._synced = reached

    def _not_written(self, why: str | None) -> Problem:
        return Problem(
            f"the journal {self.path} could not be written ({why}), so the replay has stopped: make room on the disk, "
            "and run the same command to continue",
            Exit.OTHER,
        )


def folder() -> Path:
    """Return the folder of the journals."""
    given = os.environ.get("REDRIVE_STATE")
    if given:
        return Path(given)
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or str(Path.home() / "AppData" / "Local")
    else:
        base = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(base) / "redrive"


def pending(header: Header, where: Path) -> list[Pending]:
    """Return what interrupted replays of the same places to the same destination left.

    Raises:
        Problem: One of them still runs.
    """
    found: list[Pending] = []
    for path in _journals(where):
        if _has_ended(path):
            _forget_old(path)
            continue
        left = _read(path)
        if left is not None and not left.sent and not left.in_doubt:
            _forget_old(path)
        if left is None or not set(left.header.places) & set(header.places):
            continue
        if (left.header.to, left.header.keep) != (header.to, header.keep):
            continue
        if _is_in_use(path):
            raise Problem(
                f"another replay of {', '.join(left.header.places)} is running ({path}): wait until it has ended, or "
                "stop it",
                Exit.OTHER,
            )
        found.append(left)
    return found


def all_in_doubt(where: Path) -> frozenset[str]:
    """Return the ids of what interrupted replays of any places may have sent."""
    left = (_read(path) for path in _journals(where) if not _has_ended(path) and not _is_in_use(path))
    return frozenset(id for each in left if each is not None for id in each.in_doubt)


def _journals(where: Path) -> list[Path]:
    return sorted(path for path in where.glob("*.jsonl") if path.is_file())


def _has_ended(path: Path) -> bool:
    """Return whether the last line says so; journals of large replays are long."""
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _END_LINE))
        return b'{"end": ' in file.read()
    return False


def _forget_old(path: Path) -> None:
    with suppress(OSError):
        if path.stat().st_mtime < time.time() - _KEPT:
            path.unlink()


def _read(path: Path) -> Pending | None:
    """Return what a journal leaves to be done; `None` if that is nothing, or it is no journal.

    Raises:
        Problem: It cannot be read, so that nobody knows what was sent.
    """
    try:
        return _left(path)
    except (OSError, TypeError, ValueError, AttributeError) as error:
        raise Problem(
            f"the journal {path} cannot be read ({error}), so it is not known what its replay has sent: repair it, or "
            "move it away to go on without it",
            Exit.OTHER,
        ) from error


def _left(path: Path) -> Pending | None:
    header: Header | None = None
    sent: dict[str, None] = {}
    doubt: dict[str, float] = {}
    for line in _lines(path):
        if "journal" in line:
            if line["journal"] != VERSION:
                return None
            places = tuple(str(each) for each in line.get("places", ()))
            header = Header(
                run=str(line.get("run", path.stem)), places=places, to=line.get("to", ""), keep=bool(line.get("keep"))
            )
        if "end" in line:
            return None
        for id in line.get("intended", ()):
            doubt.setdefault(id, float(line.get("at", 0)))
        for id in line.get("sent", ()):
            doubt.pop(id, None)
            sent[id] = None
        for id in line.get("deleted", ()):
            sent.pop(id, None)
        for id in line.get("not_sent", ()):
            doubt.pop(id, None)
    return None if header is None else Pending(path, header, frozenset(sent), doubt)


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            with suppress(ValueError):  # the last line may have been cut off
                value: Any = json.loads(line)
                if isinstance(value, dict):
                    yield cast("dict[str, Any]", value)


def _as_json(header: Header) -> dict[str, Any]:
    return {"run": header.run, "places": list(header.places), "to": header.to, "keep": header.keep}


def _lock(file: int) -> bool:
    try:
        import fcntl
    except ImportError:  # Windows
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _is_in_use(path: Path) -> bool:
    with suppress(OSError):
        file = os.open(path, os.O_RDWR)
        try:
            return not _lock(file)
        finally:
            os.close(file)
    return False
