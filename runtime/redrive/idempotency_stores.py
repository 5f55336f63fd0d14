"""Defines the interface of stores for idempotency records, and makes the store for a table's name."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from redrive.seams import Seam

if TYPE_CHECKING:
    from redrive.idempotency_record import Claim, Ending, Stored


class IdempotencyStore(Protocol):
    """Keeps idempotency records. Implementations: `DynamoDBStore` and `MemoryStore`.

    Each key is handled alone: if one cannot be claimed or ended, this says nothing about the others.
    """

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        """Claim keys, each only if it is free by `judge`; check and write in one atomic step.

        Args:
            claims: The claims, at most one per key.
            seconds: Seconds that this may take. `None`: no limit.

        Returns:
            By key: `None` if it is claimed now, also if this very claim was written before and the reply was lost; the
            stored record if it is not free; an error if it is unknown whether the key is claimed.
        """
        ...

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        """End claims, each only while it is still its owner's.

        Args:
            endings: The endings, at most one per key.
            seconds: Seconds that this may take. `None`: no limit.

        Returns:
            By key: `None` if the ending is stored, also if it was stored before and the reply was lost;
            `LateCompletion` if the claim is another owner's or gone, and nothing was changed; another error if the
            result is unknown.
        """
        ...


def _in_dynamodb(table: str) -> IdempotencyStore:
    from redrive.idempotency_dynamodb import DynamoDBStore

    return DynamoDBStore(table)


#: Makes the store for a table's name. Tests and the simulator replace it to get a `MemoryStore`.
stores: Seam[Callable[[str], IdempotencyStore]] = Seam(_in_dynamodb)
