"""Makes the claims of one function, decides how they end, and finds the store; makes no AWS calls."""

from __future__ import annotations

import json
import math
import os
from collections import OrderedDict
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any

from redrive.core.callables import name_of
from redrive.core.invocation import function_name, seconds_left
from redrive.core.log import described, warn
from redrive.core.system import new_token, now
from redrive.failures.errors import SettingsError
from redrive.idempotency.errors import FailedBefore, InProgress, MissingKey, PayloadMismatch, ResultNotKept
from redrive.idempotency.keys import compiled, hash_of, is_missing
from redrive.idempotency.options import Idempotency
from redrive.idempotency.record import COMPLETED, FAILED, Claim, Ending, Stored, Verdict, judge
from redrive.idempotency.record import seconds_left as seconds_of_claim_left
from redrive.idempotency.stores import stores
from redrive.settings.idempotency import IdempotencySettings, read_idempotency

if TYPE_CHECKING:
    from redrive.idempotency.stores import IdempotencyStore


_DEFAULT_EXPIRY = 3600.0


class Claims:
    """Makes and ends the claims of one function; functions share nothing of it.

    Args:
        idempotency: The configuration.
        scope: The function's name within the Lambda function; empty for a Lambda handler of a source's records.
    """

    def __init__(self, idempotency: Idempotency, scope: str = "") -> None:
        self.idempotency = idempotency
        self._scope = scope
        self._key = _finder(idempotency.key)
        self._payload = _finder(idempotency.payload)
        self._cache: OrderedDict[str, Stored] = OrderedDict()
        self._lock = Lock()
        self._found: tuple[object, IdempotencySettings, IdempotencyStore] | None = None

    def key(
        self, arguments: tuple[Any, ...], content: Callable[[], object], default: object, context: Any
    ) -> str | None:
        """Return the key of a call; `None` if it has none and must run without.

        `content` makes the value in which paths are looked up; `default` identifies the call if no key is configured.
        """
        found = default if self._key is None else self._key(arguments, content)
        if is_missing(found):
            if self.idempotency.missing_key == "run":
                return None
            raise MissingKey(
                f"nothing tells this call from another: its idempotency key {_shown(self.idempotency.key)} has no "
                "value; give it one, or missing_key='run' to have such calls run each time"
            )
        like_powertools, prefix = self.idempotency.like_powertools, self.idempotency.prefix
        hashed = hash_of(found, like_powertools=like_powertools)
        if like_powertools:  # its prefix replaces the names, and it does not use the context
            names = f"{function_name(None) or 'test-func'}.{self._scope}"
            return f"{prefix or names}#{hashed}"
        function = function_name(context)
        names = ".".join(name for name in (function, self._scope) if name)
        return f"{prefix}{names}#{hashed}"

    def validation(self, arguments: tuple[Any, ...], content: Callable[[], object]) -> str | None:
        """Return the hash of the payload to compare under the same key; `None` if nothing is compared."""
        if self._payload is None:
            return None
        found = self._payload(arguments, content)
        return hash_of(found, like_powertools=self.idempotency.like_powertools)

    def claim(self, context: Any) -> Claim:
        """Make a claim by a new owner without a key, valid until the deadline or, if that is unknown, for the lease."""
        moment = now()
        time = seconds_left(context)
        end = moment + (self.idempotency.lease if time is None else time) + self.idempotency.clock_skew
        expiration = math.ceil(max(moment + self.expiry, end))
        return Claim("", new_token(), moment, math.ceil(end * 1000), expiration)

    def done(self, claim: Claim) -> Ending:
        """Return the ending of a processed record, which has no result to store."""
        return Ending(claim.key, claim.owner, COMPLETED, math.ceil(now() + self.expiry))

    def completion(self, claim: Claim, result: Any) -> Ending:
        """Return the ending of a call that has returned; a result that is not JSON is dropped."""
        serializer = self.idempotency.serializer
        data = error = None
        try:
            data = json.dumps(result if serializer is None else serializer.dump(result))
        except Exception as broken:
            error = f"the result is no JSON: {described(broken)}"
            warn("redrive.idempotency.result_not_kept", key=claim.key, error=error, remedy="give a serializer=")
        return self.done(claim)._replace(data=data, error=error)

    def failure(self, claim: Claim, error: BaseException) -> Ending | None:
        """Return the ending of a call that has raised; `None` if its claim is kept."""
        from redrive.failures.diagnosis import diagnose  # only a failure needs it

        diagnosis = diagnose(error)
        if all(isinstance(part, self.idempotency.replay) for part in diagnosis.parts):
            told = json.dumps({"type": diagnosis.error_type, "reason": diagnosis.reason})
            return Ending(claim.key, claim.owner, FAILED, math.ceil(now() + self.expiry), None, told)
        return Ending(claim.key, claim.owner) if self.idempotency.after_error == "release" else None

    def check(self, stored: Stored, claim: Claim) -> None:
        """Raise the reason why a call must not run, unless the stored record says that it was completed."""
        match judge(stored, claim):
            case Verdict.DONE:
                self.remember(stored)
            case Verdict.MISMATCH:
                raise PayloadMismatch(
                    f"{stored.key} was used before with another payload: a key stands for one payload; give the calls "
                    "keys of their own"
                )
            case Verdict.FAILED:
                told = json.loads(stored.error or "{}")
                raise FailedBefore(told.get("reason") or "failed for good before", told.get("type") or "")
            case _:
                raise InProgress(stored.key, seconds_of_claim_left(stored, now()))

    def result(self, stored: Stored, arguments: tuple[Any, ...]) -> Any:
        """Return the result of a call that was completed before; raise `ResultNotKept` if it is not stored."""
        if stored.data is not None:
            result = json.loads(stored.data)
            serializer = self.idempotency.serializer
            return result if serializer is None else serializer.load(result)
        if stored.error is None:  # a record of a source has no result
            return None
        if self.idempotency.when_not_kept is not None:
            return self.idempotency.when_not_kept(*arguments)
        raise ResultNotKept(
            f"{stored.key} was done before, and its result is not stored: {stored.error}; give when_not_kept= a "
            "function that says what to return"
        )

    def recall(self, key: str) -> Stored | None:
        """Return a completed call from the cache of this process."""
        if not self.idempotency.cache:
            return None
        with self._lock:
            stored = self._cache.get(key)
            if stored is not None and stored.expiration < int(now()):
                del self._cache[key]
                return None
            return stored

    def remember(self, stored: Stored) -> None:
        """Put a completed call into the cache of this process; a full cache drops its oldest one."""
        if not self.idempotency.cache or stored.status != COMPLETED:
            return
        with self._lock:
            self._cache[stored.key] = stored
            self._cache.move_to_end(stored.key)
            if len(self._cache) > self.idempotency.cache:
                self._cache.popitem(last=False)

    @property
    def store(self) -> IdempotencyStore:
        """The store of the records; raises `SettingsError` if no table is known."""
        return self._in_force()[1]

    @property
    def expiry(self) -> float:
        """Seconds for which a completion is remembered."""
        given = self.idempotency.expiry
        return given if given is not None else self._in_force()[0].expiry or _DEFAULT_EXPIRY

    def _in_force(self) -> tuple[IdempotencySettings, IdempotencyStore]:
        factory = stores.get()
        if self._found is not None and self._found[0] is factory:
            return self._found[1:]
        given = self.idempotency.settings or IdempotencySettings()
        store = self.idempotency.store
        settings = given
        if store is None:
            if given.table is None:
                settings = given.over(read_idempotency(os.environ, self.idempotency.name))
            if not settings.table:
                raise SettingsError("no table for idempotency is known: pass settings=IdempotencySettings(table=…)")
            store = factory(settings.table)
        self._found = (factory, settings, store)
        return settings, store


def _finder(key: object) -> Callable[[tuple[Any, ...], Callable[[], object]], object] | None:
    if key is None:
        return None
    if callable(key):
        return lambda arguments, content: key(*arguments)
    search = compiled(str(key))
    return lambda arguments, content: search(content())


def _shown(key: object) -> str:
    return "" if key is None else repr(key)


def claims_for(idempotency: Idempotency, function: Callable[..., Any]) -> Claims:
    """Return the claims for the records of a handler."""
    if not isinstance(idempotency, Idempotency):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"idempotency={idempotency!r}: give an Idempotency(), with what is to differ from its defaults")
    scope = name_of(function) if idempotency.like_powertools else ""
    return Claims(idempotency, scope)
