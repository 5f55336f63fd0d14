"""Finds out from a thread if its handler waits for it in a way that the simulation does not see, as for a lock."""

from __future__ import annotations

import threading
import time

from redrive_simulator.handlers.activity import Activities, Activity
from redrive_simulator.handlers.members import Member

# A handler that has done nothing for these seconds of real time waits for its thread.
_STUCK = 0.5
_LOOKS_AT_HANDLER = 20
_real_time = time.monotonic


class Stuck:
    """Finds out if a handler waits for its thread in a way that the simulation does not see, as for a lock."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._activities = Activities()
        self._looks = 0
        self._since = 0.0

    def is_handler_stuck(self) -> bool:
        """Look at the handler."""
        self._looks += 1
        if self._looks % _LOOKS_AT_HANDLER:
            return False
        handler = next((each for each in threading.enumerate() if each.ident == self._member.handler), None)
        if handler is None or self._activities.of(handler) is Activity.WORKS:
            self._since = 0.0
            return False
        self._since = self._since or _real_time()
        return _real_time() - self._since >= _STUCK
