"""Tells connections to the outside of the process from those within it."""

from __future__ import annotations

import socket
from collections.abc import Iterable
from typing import Any


def any_from_outside(files: Iterable[Any]) -> bool:
    """Decide if something outside of the process may write to one of these files, sockets or descriptors."""
    return any(not _is_of_pair(each) for each in files)


def _is_of_pair(file: Any) -> bool:
    """Decide if a file is one of `socket.socketpair`, by which an event loop wakes itself."""
    number = file if isinstance(file, int) else file.fileno()
    try:
        probe = socket.socket(fileno=number)
    except OSError:  # no socket
        return False
    try:
        return probe.family == getattr(socket, "AF_UNIX", None) and not probe.getsockname() + probe.getpeername()
    except OSError:  # not connected
        return False
    finally:
        probe.detach()
