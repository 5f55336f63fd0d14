"""Keeps the owners of this process alive: one for the claims of an invocation that are active at the same time."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextvars import copy_context
from threading import Lock
from typing import TYPE_CHECKING, Any

from redrive.core.invocation import knows_time_left, seconds_left
from redrive.core.log import described, warn
from redrive.core.parallel import repeater
from redrive.core.system import new_token, now
from redrive.idempotency.errors import LateCompletion
from redrive.idempotency.liveness import (
    FIRST_LEASE,
    PERIOD,
    RETRY,
    first_record,
    gains,
    may_begin,
    next_end,
    renewal,
)
from redrive.settings.idempotency import OWNER_KEYS

if TYPE_CHECKING:
    from redrive.idempotency.record import Claim
    from redrive.idempotency.stores import IdempotencyStore


# In seconds. The time for one renewal.
_TIME = 8.0


class Owner:
    """The owner of claims, and its life.

    Attributes:
        key: The key of its record.
        active: Number of claims that it holds, a batch counted as one.
        confirmed: Time until which it lives for certain, by the clock of this process, in seconds since the epoch.
        is_fenced: Whether a successor has declared it dead.
    """

    def __init__(self, store: IdempotencyStore, context: Any, moment: float, *, outlives: bool) -> None:
        self._token = new_token()
        self.key = OWNER_KEYS + self._token
        self.active = 0
        self.confirmed = moment + FIRST_LEASE
        self.is_fenced = False
        self.clock_skew = 0.0
        self.store = store
        self.context = context
        self.cancel: Callable[[], object] = lambda: None
        self._began = moment
        self._outlives = outlives
        self._variables = copy_context()  # tracing assigns the renewals to this invocation
        self._is_asked = False
        self._is_written = False
        self._is_reported = False

    def renew(self) -> float | None:
        """Renew the owner, if it needs it; return the seconds after which to do it again, `None` for never."""
        return self._variables.run(self._renew)

    def is_lost(self, claim: Claim) -> bool:
        """Return True if a successor may have taken a claim over."""
        return self.is_fenced or now() > max(self.confirmed, claim.moment + FIRST_LEASE)

    def _renew(self) -> float | None:
        if self.is_fenced or not self.active:
            return None
        moment = now()
        left = (seconds_left(self.context) or 0.0) if knows_time_left(self.context) else None
        end = next_end(moment, left, outlives=self._outlives)
        if not gains(end, self.confirmed):
            return None
        try:
            error = self._stored(moment, end)
        except Exception as broken:  # a user's own store may raise
            error = broken
        if error is None:
            self.confirmed = max(self.confirmed, end)
            return PERIOD
        if isinstance(error, LateCompletion):
            self.is_fenced = True
            self._report("another owner has taken its claims over")
            return None
        if now() > self.confirmed:
            self._report(f"it could not be renewed: {described(error)}")
        return RETRY

    def _stored(self, moment: float, end: float) -> Exception | None:
        """Store the renewal; `LateCompletion` if the owner is dead."""
        if not self._is_written:
            if not may_begin(self._began, moment):
                return LateCompletion(self.key)
            was_asked, self._is_asked = self._is_asked, True
            claim = first_record(self.key, self._token, moment, end, self.clock_skew)
            found = self.store.claim([claim], _TIME)[self.key]
            if found is not None:
                return found if isinstance(found, Exception) else LateCompletion(self.key)
            self._is_written = True
            if not was_asked:
                return None
            # Otherwise an earlier request may be what is stored, which ends earlier.
        return self.store.end([renewal(self.key, self._token, end, self.clock_skew)], _TIME)[self.key]

    def _report(self, reason: str) -> None:
        if self._is_reported:
            return
        self._is_reported = True
        warn(
            "redrive.idempotency.owner_lost",
            owner=self.key,
            reason=reason,
            outcome="no further record of the batch starts; what runs may run a second time elsewhere",
            remedy=f"the process did not run, or did not reach the table, for {FIRST_LEASE:.0f} s: give the function "
            "more memory, and let no code hold Python's interpreter lock for that long",
        )


class _Owners:
    """The owners of this process."""

    def __init__(self) -> None:
        self.lock = Lock()
        #: By place, invocation, and if it outlives that: who makes the next claims.
        self.current: dict[tuple[object, int, bool], Owner] = {}
        self.by_key: dict[str, Owner] = {}


_owners = [_Owners()]


def enter(
    store: IdempotencyStore, place: object, context: Any, moment: float, clock_skew: float, *, outlives: bool
) -> str | None:
    """Count one more claim for the owner of an invocation, and return the key of the owner's record.

    Args:
        store: Keeps the claims.
        place: The same for all stores of one table.
        context: Lambda's context; `None` if it is not known.
        moment: The time of the claim, in seconds since the epoch.
        clock_skew: Seconds by which two clocks may differ.
        outlives: Whether the code continues after the invocation's time.

    Returns:
        The key; `None` if nothing can run in the background here.
    """
    repeat = repeater.get()
    if repeat is None:
        return None
    owners = _owners[0]
    name = (place, id(context), outlives)
    with owners.lock:
        owner = owners.current.get(name)
        if owner is None or owner.is_fenced:
            owner = Owner(store, context, moment, outlives=outlives)
            try:
                owner.cancel = repeat(PERIOD, owner.renew)
            except RuntimeError:  # no more threads are allowed
                return None
            owners.current[name] = owners.by_key[owner.key] = owner
        owner.active += 1
        owner.clock_skew = max(owner.clock_skew, clock_skew)
        return owner.key


def leave(key: str) -> None:
    """Count one claim less; an owner without claims is not renewed any more."""
    owners = _owners[0]
    with owners.lock:
        owner = owners.by_key.get(key)
        if owner is None:
            return
        owner.active -= 1
        if owner.active:
            return
        del owners.by_key[key]
        for name in [name for name, each in owners.current.items() if each is owner]:
            del owners.current[name]
    owner.cancel()


def is_lost(claim: Claim) -> bool:
    """Return True if a successor may have taken a claim of this process over."""
    owner = _owners[0].by_key.get(claim.renewed_by or "")
    return owner is not None and owner.is_lost(claim)


def _begin_anew() -> None:
    """Forget all owners: they are those of the process from which this one was forked."""
    _owners[0] = _Owners()


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_begin_anew)
