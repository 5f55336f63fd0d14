"""Defines the interface of stores for idempotency records, and for tests a store in memory and the switch-off."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from threading import Lock
from typing import Protocol

from redrive.core.system import Seam
from redrive.idempotency.errors import LateCompletion
from redrive.idempotency.record import IN_PROGRESS, Claim, Ending, Stored, Verdict, is_ended, judge
from redrive.idempotency.scope import Known
from redrive.settings.idempotency import idempotency_is_off


class IdempotencyStore(Protocol):
    """Keeps idempotency records. Implementations: `DynamoDBStore` and `MemoryStore`.

    Each key is handled alone: if one cannot be claimed or ended, this says nothing about the others.
    """

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        """Claim keys, each only if it is free by `judge`; check, and write its `stored`, in one atomic step.

        Args:
            claims: The claims, at most one per key.
            seconds: Seconds that this may take. `None`: no limit.

        Returns:
            By key: `None` if it is claimed now, also if this very claim was written before and the reply was lost; the
            stored record if it is not free; an error if it is unknown whether the key is claimed.
        """
        ...

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        """End claims, or renew them, each only while it is still its owner's.

        Args:
            endings: The endings, at most one per key. One with the status `INPROGRESS` only moves the record's
                `expiration` to a later time, and never to an earlier one.
            seconds: Seconds that this may take. `None`: no limit.

        Returns:
            By key: `None` if the ending is stored, also if it was stored before and the reply was lost;
            `LateCompletion` if the claim is another owner's or gone, and nothing was changed; another error if the
            result is unknown.
        """
        ...


def _in_dynamodb(table: str) -> IdempotencyStore:
    from redrive.idempotency.dynamodb import DynamoDBStore

    return DynamoDBStore(table)


#: Makes the store for a table's name. Tests and the simulator replace it to get a `MemoryStore`.
stores: Seam[Callable[[str], IdempotencyStore]] = Seam(_in_dynamodb)


class MemoryStore:
    """Keeps idempotency records in memory until they expire. For tests: no other process sees the records.

    Attributes:
        records: The stored records, by key. Expired ones are dropped at the next claim.
        scopes: The functions that keep their records here. Functions with different stores may have the same keys.
    """

    def __init__(self) -> None:
        self.records: dict[str, Stored] = {}
        self.scopes: Known = {}
        self._expirations: list[tuple[int, str]] = []  # of all that was written, as a heap
        self._lock = Lock()

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        """Claim keys; see `IdempotencyStore`."""
        answers: dict[str, Stored | Exception | None] = {}
        with self._lock:
            for claim in claims:
                self._drop_expired(claim)
                stored = self.records.get(claim.key)
                try:
                    verdict = judge(stored, claim)
                except ValueError as error:
                    answers[claim.key] = error
                    continue
                if verdict is Verdict.FREE:
                    self._write(claim.stored)
                answers[claim.key] = None if verdict in (Verdict.FREE, Verdict.OURS) else stored
        return answers

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        """End claims; see `IdempotencyStore`."""
        answers: dict[str, Exception | None] = {}
        with self._lock:
            for ending in endings:
                stored = self.records.get(ending.key)
                answers[ending.key] = None
                if stored is None or (stored.owner, stored.status) != (ending.owner, IN_PROGRESS):
                    answers[ending.key] = None if is_ended(stored, ending) else LateCompletion(ending.key)
                elif ending.status is None:
                    del self.records[ending.key]
                elif ending.status == IN_PROGRESS:
                    self._write(stored._replace(expiration=max(stored.expiration, ending.expiration)))
                else:
                    self._write(
                        stored._replace(
                            status=ending.status, expiration=ending.expiration, data=ending.data, error=ending.error
                        )
                    )
        return answers

    def _write(self, stored: Stored) -> None:
        from heapq import heappush  # not needed in Lambda

        self.records[stored.key] = stored
        heappush(self._expirations, (stored.expiration, stored.key))

    def _drop_expired(self, claim: Claim) -> None:
        from heapq import heappop

        while self._expirations and self._expirations[0][0] < int(claim.moment):
            _, key = heappop(self._expirations)
            stored = self.records.get(key)
            if stored is not None and stored.expiration < int(claim.moment):
                del self.records[key]


#: `True` turns idempotency off, `False` on; `None`: the environment variable decides. A test uses
#: `switch.replaced(True)`.
switch: Seam[bool | None] = Seam(None)


def is_off() -> bool:
    """Return True if every call runs, and nothing is claimed or stored."""
    off = switch.get()
    if off is not None:
        return off
    if not idempotency_is_off(os.environ):
        return False
    from redrive.core.log import warn

    warn(
        "redrive.idempotency.off",
        outcome="calls run each time they are made",
        remedy="this is for tests: take the environment variable away",
    )
    return True
