"""Arranges when counts outside of a handler are published: a flood of them costs two lines in some seconds.

Loaded by the first such count.
"""

from __future__ import annotations

import atexit
import os
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from weakref import finalize

from redrive.core.invocation import find
from redrive.core.parallel import background, repeater
from redrive.core.system import now

# In seconds: counts that follow one within this time are gathered, for this time at least.
_SECONDS = 1.0

_latest: dict[str, float] = {}
# Still to be published.
_ends: set[Callable[..., Any]] = set()
_forgets: list[Callable[[], object]] = []


def publishes_later(source: str, end: Callable[..., float | None], forget: Callable[[], object]) -> bool:
    """Arrange that counts are published when the invocation ends, or after some seconds, or at the process's end.

    Args:
        source: The counts' source.
        end: Publishes them; returns seconds after which to try again, or `None` if it is done.
        forget: Called in a process that is forked from this one, which publishes the counts.

    Returns:
        False if they are to be published now: they are the first, or nothing can do it later.
    """
    before, moment = _latest.get(source), now()
    _latest[source] = moment
    repeat = repeater.get()
    if before is None or not 0 <= moment - before < _SECONDS or repeat is None or background.get() is None:
        return False

    def end_once(*, waits: bool = False) -> float | None:
        again = end(waits=waits)
        if again is None:
            _ends.discard(end_once)
            cancel()
        return again

    try:
        cancel = repeat(_SECONDS, end_once)
    except RuntimeError:  # no more threads are allowed
        return False
    _ends.add(end_once)
    if not _forgets and hasattr(os, "register_at_fork"):  # not on Windows
        os.register_at_fork(after_in_child=begin_anew)
    _forgets[:] = [forget]
    with suppress(TypeError):  # no context is known, or it takes no weak references
        # Lambda's runtime drops the context after the response and before it asks for the next event. Only then does
        # Lambda freeze the process, maybe forever:
        # https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html#runtimes-lifecycle-invoke
        finalize(find(), end_once)
    return True


@atexit.register
def end_all() -> None:
    """Publish all that is to be published later."""
    for end in list(_ends):
        end(waits=True)


def begin_anew() -> None:
    """Forget all counts of this process."""
    _latest.clear()
    _ends.clear()
    for forget in _forgets:
        forget()
