"""Defines the interface of stores for idempotency records, and for tests the switch-off."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

from redrive.core.frozen import Protocol
from redrive.core.system import Seam
from redrive.idempotency.record import Claim, Ending, Stored
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
        raise NotImplementedError

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
        raise NotImplementedError


def _in_dynamodb(table: str) -> IdempotencyStore:
    from redrive.idempotency.dynamodb import DynamoDBStore

    return DynamoDBStore(table)


#: Makes the store for a table's name. Tests and the simulator replace it to get a `MemoryStore`.
stores: Seam[Callable[[str], IdempotencyStore]] = Seam(_in_dynamodb)


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
