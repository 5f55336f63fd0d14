"""Keeps idempotency records in memory, for tests and for the simulator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

from redrive.idempotency_errors import LateCompletion
from redrive.idempotency_record import IN_PROGRESS, Claim, Ending, Stored, Verdict, is_ended, judge


class MemoryStore:
    """Keeps idempotency records in memory, as long as the object exists. For tests: no other process sees the records.

    Attributes:
        records: The stored records, by key.
    """

    def __init__(self) -> None:
        self.records: dict[str, Stored] = {}
        self._lock = Lock()

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        """Claim keys; see `IdempotencyStore`."""
        answers: dict[str, Stored | Exception | None] = {}
        with self._lock:
            for claim in claims:
                stored = self.records.get(claim.key)
                try:
                    verdict = judge(stored, claim)
                except ValueError as error:
                    answers[claim.key] = error
                    continue
                if verdict is Verdict.FREE:
                    self.records[claim.key] = claim.stored
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
                else:
                    self.records[ending.key] = stored._replace(
                        status=ending.status, expiration=ending.expiration, data=ending.data, error=ending.error
                    )
        return answers
