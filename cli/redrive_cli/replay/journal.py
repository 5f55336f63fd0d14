"""Keeps a journal of each replay on disk, so that an interrupted one continues without sending again what was sent.

Before a send, the ids are written as intended; after it, as sent; after the deletion, as deleted. Each line is one
write of the operating system, which survives the end of this process. A line lost with the machine's power costs a
second send at most, never an event: nothing is deleted before its send is confirmed and written.
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

from redrive_cli.errors import Exit, Problem

VERSION = "redrive-journal-1"
# Bytes that the last line of a journal that has ended takes at most, and seconds for which it is kept.
_END_LINE = 200
_KEPT = 30 * 86_400
Step = Literal["intended", "sent", "deleted", "not_sent"]


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
        in_doubt: Ids of what may have been sent.
    """

    path: Path
    header: Header
    sent: frozenset[str]
    in_doubt: frozenset[str]


class Journal:
    """The journal of one run, as a file that one process writes.

    Args:
        path: Its file.
        header: Its header.
    """

    def __init__(self, path: Path, header: Header) -> None:
        self.path = path
        self._lock = Lock()
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        if not _lock(self._file):
            raise Problem(f"another replay writes {path}", Exit.OTHER)
        self._write({"journal": VERSION, **_as_json(header)})

    def note(self, step: Step, ids: Iterable[str]) -> None:
        """Write that some failures have come to a step."""
        listed = list(ids)
        if listed:
            self._write({step: listed})

    def end(self, status: str) -> None:
        """Write that the run has ended, and how."""
        self._write({"end": status})
        self.close()

    def close(self) -> None:
        """Close the file; a run that has not ended continues from it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _write(self, line: Mapping[str, Any]) -> None:
        text = f"{json.dumps(line)}\n".encode()
        with self._lock:
            written = os.write(self._file, text)
            if written != len(text):
                raise Problem(f"the journal {self.path} could not be written: is the disk full?", Exit.OTHER)


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
    for path in sorted(where.glob("*.jsonl")):
        if _has_ended(path):
            _forget_old(path)
            continue
        left = _read(path)
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


def close_superseded(several: Iterable[Pending], run: str) -> None:
    """End journals whose rest another run has taken over."""
    for each in several:
        with each.path.open("a", encoding="utf-8") as file:
            file.write(f"\n{json.dumps({'end': f'continued by {run}'})}\n")


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
    """Return what a journal leaves to be done; `None` if that is nothing, or it is no journal."""
    header: Header | None = None
    sent: dict[str, None] = {}
    doubt: dict[str, None] = {}
    for line in _lines(path):
        if "journal" in line:
            if line["journal"] != VERSION:
                return None
            header = Header(
                run=line["run"], places=tuple(line["places"]), to=line.get("to", ""), keep=bool(line.get("keep"))
            )
        if "end" in line:
            return None
        for id in line.get("intended", ()):
            doubt[id] = None
        for id in line.get("sent", ()):
            doubt.pop(id, None)
            sent[id] = None
        for id in line.get("deleted", ()):
            sent.pop(id, None)
        for id in line.get("not_sent", ()):
            doubt.pop(id, None)
    return None if header is None else Pending(path, header, frozenset(sent), frozenset(doubt))


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as lines:
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
