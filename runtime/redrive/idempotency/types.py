"""Types the options of `Idempotency` for type checkers; nothing imports this module at run time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict

if TYPE_CHECKING:
    from collections.abc import Callable

    from redrive.idempotency.options import AfterError, Key, OnMissingKey, Serializer
    from redrive.idempotency.stores import IdempotencyStore
    from redrive.settings.idempotency import IdempotencySettings


class IdempotencyOptions(TypedDict, total=False):
    """Keyword arguments of `Idempotency`."""

    name: str | None
    key: Key | None
    missing_key: OnMissingKey
    payload: Key | None
    prefix: str
    expiry: float | None
    lease: float | None
    clock_skew: float
    replay: type[BaseException] | tuple[type[BaseException], ...]
    after_error: AfterError
    serializer: Serializer | None
    when_not_kept: Callable[..., Any] | None
    cache: int
    like_powertools: bool
    settings: IdempotencySettings | None
    store: IdempotencyStore | None
