"""Makes a durable execution the owner of its claims, so that its replay finds them to be its own.

A handler under Lambda's durable execution is left at each wait, and run again from its beginning by another process:
https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

from hashlib import sha256
from threading import Lock

from redrive.idempotency.record import DURABLE

_lock = Lock()
# Tokens of the claims whose calls run in this process.
_running: set[str] = set()


def token_of(execution: str, key: str) -> str:
    """Return the token of the claim that a durable execution makes of a key."""
    return DURABLE + sha256(f"{execution}\n{key}".encode()).hexdigest()[:32]


def enter(token: str) -> bool:
    """Return False if the same call already runs in this process, such as in a parallel branch."""
    with _lock:
        if token in _running:
            return False
        _running.add(token)
        return True


def leave(token: str) -> None:
    """Note that the call has ended, or was left until the replay."""
    with _lock:
        _running.discard(token)
