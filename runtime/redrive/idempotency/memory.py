"""Defines a store for idempotency records in memory, for tests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from heapq import heappop, heappush
from threading import Lock

from redrive.idempotency.errors import LateCompletion
from redrive.idempotency.record import IN_PROGRESS, Claim, Ending, Stored, Verdict, is_ended, judge
from redrive.idempotency.scope import Known


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
        self.records[stored.key] = stored
        heappush(self._expirations, (stored.expiration, stored.key))

    def _drop_expired(self, claim: Claim) -> None:
        while self._expirations and self._expirations[0][0] < int(claim.moment):
            _, key = heappop(self._expirations)
            stored = self.records.get(key)
            if stored is not None and stored.expiration < int(claim.moment):
                del self.records[key]
