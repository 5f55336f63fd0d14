"""Takes over the claims of dead owners. Loaded only where an owner is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from redrive.core.system import new_token, now
from redrive.idempotency.liveness import fence, is_dead, while_alive

if TYPE_CHECKING:
    from redrive.idempotency.record import Claim, Stored
    from redrive.idempotency.stores import IdempotencyStore


def claim_silent(
    store: IdempotencyStore, claims: Sequence[Claim], found: Mapping[str, Stored], seconds: float | None
) -> dict[str, Stored | Exception | None]:
    """Claim keys whose owners are silent, each only if its owner is dead; answers as `IdempotencyStore.claim`.

    Args:
        store: The store.
        claims: The claims.
        found: The claims of the silent owners, by key.
        seconds: Seconds that this may take. `None`: no limit.
    """
    began = now()
    token = new_token()
    owners = {stored.renewed_by for stored in found.values() if stored.renewed_by is not None}
    records = store.claim([fence(owner, token, began) for owner in owners], seconds)
    answers: dict[str, Stored | Exception | None] = {}
    again: list[Claim] = []
    for claim in claims:
        stored = found[claim.key]
        owner = stored.renewed_by or ""
        record = records[owner]
        if isinstance(record, Exception):
            answers[claim.key] = record
        elif record is None or is_dead(owner, record):
            again.append(claim._replace(succeeds=owner, is_expected=True))
        else:
            answers[claim.key] = while_alive(stored, record)
    if again:
        left = None if seconds is None else seconds - (now() - began)
        answers |= store.claim(again, left)
    return answers
