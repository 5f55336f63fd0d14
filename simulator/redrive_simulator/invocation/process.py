"""Keeps what code sets for its whole process: the root logger, and the time limit of sockets."""

from __future__ import annotations

import logging
import socket


class ProcessSettings:
    """The settings of a simulated process: they hold while its code runs, and elsewhere those from before hold."""

    __slots__ = ("_before", "_cleared", "_handlers", "_level", "_limit", "_set_limit")

    def __init__(self) -> None:
        self._level: int | None = None  # as it was before
        self._handlers: list[logging.Handler] = []
        self._cleared = False  # `basicConfig(force=True)` removes all handlers from before
        self._set_limit = False
        self._limit: float | None = None
        self._before: tuple[int, list[logging.Handler], float | None] = (0, [], None)

    def enter(self) -> None:
        """Set what the code has set."""
        root = logging.getLogger()
        self._before = (root.level, list(root.handlers), socket.getdefaulttimeout())
        if self._level is not None:
            root.setLevel(self._level)
        root.handlers[:] = [*([] if self._cleared else root.handlers), *self._handlers]
        if self._set_limit:
            socket.setdefaulttimeout(self._limit)

    def leave(self) -> None:
        """Keep what the code has set, and set again what was before."""
        root = logging.getLogger()
        level, handlers, limit = self._before
        if root.level != level:
            self._level = root.level
            root.setLevel(level)
        self._handlers = [each for each in root.handlers if each not in handlers]
        self._cleared = self._cleared or (bool(handlers) and not any(each in handlers for each in root.handlers))
        root.handlers[:] = handlers
        if socket.getdefaulttimeout() != limit:
            self._set_limit, self._limit = True, socket.getdefaulttimeout()
            socket.setdefaulttimeout(limit)
