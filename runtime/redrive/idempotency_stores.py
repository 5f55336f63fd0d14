"""What a store of idempotency records is, and which one a table's name stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

from redrive.seams import Seam

if TYPE_CHECKING:
    from redrive.idempotency_record import Claim, Ending, Stored


class IdempotencyStore(Protocol):
    """Keeps the records of idempotency. `DynamoDBStore` and `MemoryStore` are two of them.

    Each key is judged alone: that one cannot be claimed or ended says nothing of the others.
    """

    def claim(self, claims: Sequence[Claim], seconds: float | None = None) -> Mapping[str, Stored | Exception | None]:
        """Claim keys, each only if it is free by `judge`, in one step with looking.

        Args:
            claims: The claims, no two of one key.
            seconds: How long it may take. `None`: any time.

        Returns:
            By key: `None` where it is claimed now, also where this very claim was written before and the reply was
            lost; what is stored where it is not free; an error where it is not known, and may be claimed or not.
        """
        ...

    def end(self, endings: Sequence[Ending], seconds: float | None = None) -> Mapping[str, Exception | None]:
        """End claims, each only while the claim is still its owner's.

        Args:
            endings: The endings, no two of one key.
            seconds: How long it may take. `None`: any time.

        Returns:
            By key: `None` where it is stored, also where it was before and the reply was lost; `LateCompletion` where
            the claim is another's or gone, and nothing was changed; another error where it is not known.
        """
        ...


def _in_dynamodb(table: str) -> IdempotencyStore:
    from redrive.idempotency_dynamodb import DynamoDBStore

    return DynamoDBStore(table)


#: Makes the store for a table's name. Tests and the simulator put a `MemoryStore` in its place.
stores: Seam[Callable[[str], IdempotencyStore]] = Seam(_in_dynamodb)
