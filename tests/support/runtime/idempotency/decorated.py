"""Functions under `@idempotent`, and claims that expire while a call runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive import NotRecorded, idempotent
from tests.support.runtime.idempotency.functions import Calls, Down, Kind, Store
from tests.support.runtime.sqs.queue import VirtualTime

LEASE = 100
SKEW = 1
#: With it, any two functions have the same keys.
ONE_NAME: dict[str, Any] = {"prefix": "one", "like_powertools": True}


def decorated(kind: Kind, store: Any, calls: Calls, **options: Any) -> Callable[[Any], Any]:
    return kind(idempotent(store=store, lease=LEASE, **options), calls)


def raising(error: BaseException) -> Callable[[Any], object]:
    def during(argument: Any) -> None:
        raise error

    return during


def abandoned(store: Store, charge: Callable[[Any], Any], argument: Any) -> None:
    """A claim whose owner has died."""
    store.fails = lambda name, key: Down() if name == "end" else None
    with pytest.raises(NotRecorded):
        charge(argument)
    store.fails = lambda name, key: None


def overtaken(store: Store, time: VirtualTime, successor: Callable[[Any], Any]) -> Callable[[Any], object]:
    """While a call runs, its claim expires, and another one does the same."""
    ran: list[object] = []

    def during(argument: Any) -> None:
        if not ran:
            ran.append(argument)
            time.advance(LEASE + SKEW + 1)
            successor(argument)

    return during
