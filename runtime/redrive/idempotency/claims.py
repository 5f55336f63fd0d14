"""Claims the calls of one function before they run, and ends their claims afterwards."""

from __future__ import annotations

import math
import os
from collections import OrderedDict
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING, Any

from redrive.core import Permanent, Retry, SettingsError
from redrive.core.invocation import durable_execution, seconds_left
from redrive.core.system import new_token, now
from redrive.idempotency.call import Answered, Call, Started
from redrive.idempotency.decision import (
    check_completed,
    completion,
    completion_with,
    failure,
    is_in_doubt,
    release,
    result_of,
)
from redrive.idempotency.keys import CallKeys
from redrive.idempotency.lifetime import enter, lease_of, leave, seconds_after_leaving
from redrive.idempotency.options import Idempotency
from redrive.idempotency.record import COMPLETED, Claim, Ending, Stored, as_stored, is_silent
from redrive.idempotency.scope import own_scope
from redrive.idempotency.stores import is_off, stores
from redrive.metrics import count
from redrive.settings.idempotency import IdempotencySettings, read_idempotency

if TYPE_CHECKING:
    from redrive.idempotency.errors import LateCompletion, NotRecorded
    from redrive.idempotency.stores import IdempotencyStore


_DEFAULT_EXPIRY = 3600.0
# Claiming one call may take half of the remaining time; the function needs the rest.
_SHARE = 2
# In seconds. The time for an ending, even past the deadline, because there is nothing to lose by trying.
_LEAST = 1.0


class Claims:
    """Makes and ends the claims of one function; functions share nothing of it.

    Args:
        idempotency: The configuration.
        scope: The function's scope within the Lambda function.
    """

    def __init__(self, idempotency: Idempotency, scope: str = "") -> None:
        self._idempotency = idempotency
        self._keys = CallKeys(idempotency, scope)
        self._cache: OrderedDict[str, Stored] = OrderedDict()
        self._lock = Lock()
        self._found: tuple[object, IdempotencySettings, IdempotencyStore] | None = None

    # One call.

    def begin(self, call: Call) -> Started | Answered:
        """Claim a call, or answer it if it was completed before; raise the reason if it must not run."""
        claim = self.claim_of(call)
        if claim is None:
            return Started(None, call.context)
        claim = self.enter(claim, call.context)
        try:
            begun = self._begun(claim, call)
        except BaseException:
            leave(claim)
            raise
        if isinstance(begun, Answered):
            leave(claim)
        return begun

    def _begun(self, claim: Claim, call: Call) -> Started | Answered:
        left = seconds_left(call.context)
        stored = self.claim([claim], None if left is None else left / _SHARE)[claim.key]
        if isinstance(stored, Exception):
            if is_in_doubt(stored):  # it is released, so that no call waits until the claim expires
                self._end(release(claim), call.context)
            raise stored
        if stored is None:
            return Started(claim, call.context)
        return self._answered(stored, claim, call)

    def _answered(self, stored: Stored, claim: Claim, call: Call) -> Answered:
        from redrive.idempotency.errors import InProgress
        from redrive.settings.metrics import MetricName

        try:
            self.check(stored, claim)
        except InProgress as error:
            count(MetricName.IN_PROGRESS, type(error).__name__, source="idempotency")
            raise
        result = result_of(self._idempotency, stored, call.arguments)
        count(MetricName.DUPLICATES, source="idempotency")
        return Answered(result)

    def succeed(self, started: Started, result: Any) -> None:
        """Record a call as completed; raise `LateCompletion` or `NotRecorded` if that is not possible."""
        claim = started.claim
        if claim is None:
            return
        try:
            ending = completion_with(self._idempotency, claim, self.expiry, result)
            error = self._end(ending, started.context)
        finally:
            leave(claim)
        if error is None:
            self.remember(as_stored(claim, ending))
            return
        from redrive.settings.metrics import MetricName

        not_recorded = self.not_recorded(claim, error, result)
        count(MetricName.NOT_RECORDED, type(not_recorded).__name__, source="idempotency")
        raise not_recorded

    def fail(self, started: Started, error: BaseException) -> None:
        """Record a call that raised, or release its claim; only log errors in this, to keep the call's own error."""
        self._end_unless_done(started, lambda claim: self.failure(claim, error))

    def give_back(self, started: Started) -> None:
        """Release the claim of a call that has not run; only log errors in this."""
        self._end_unless_done(started, release)

    def _end_unless_done(self, started: Started, ending_of: Callable[[Claim], Ending | None]) -> None:
        if started.claim is None:
            return
        try:
            ending = ending_of(started.claim)
            if ending is None:
                return
            not_ended = self._end(ending, started.context)
        finally:
            leave(started.claim)
        if not_ended is not None:
            from redrive.core.log import described, warn
            from redrive.idempotency.errors import LateCompletion

            warn(
                "redrive.idempotency.not_ended",
                key=ending.key,
                error=described(not_ended),
                outcome="the claim is another's"
                if isinstance(not_ended, LateCompletion)
                else "the claim stays until it expires",
            )

    def once(self, call: Call, run: Callable[[], Any]) -> Any:
        """Run a call under a claim, or return its result if it was completed before."""
        if is_off():
            return run()
        begun = self.begin(call)
        if isinstance(begun, Answered):
            return begun.result
        try:
            result = run()
        except BaseException as error:
            self.fail(begun, error)
            raise
        self.succeed(begun, result)
        return result

    # One or several calls, claimed together.

    def new_claim(self, context: Any) -> Claim:
        """Make a claim by a new owner without a key, valid until the deadline or, if that is unknown, for the lease."""
        moment = now()
        end = moment + lease_of(self._idempotency, self.expiry, context) + self._idempotency.clock_skew
        expiration = math.ceil(max(moment + self.expiry, end))
        return Claim("", new_token(), moment, math.ceil(end * 1000), expiration)

    def enter(self, claim: Claim, context: Any) -> Claim:
        """Return a claim that is about to be made as one that is kept until `leave`; see `lifetime.enter`."""
        settings, store = self._in_force()
        place = settings.table if self._idempotency.store is None else id(store)
        lease = lease_of(self._idempotency, self.expiry, context)
        return enter(claim, context, lease, self._idempotency.clock_skew, store, place)

    def claim_of(self, call: Call, like: Claim | None = None) -> Claim | None:
        """Return the claim of a call, with owner and times of another one if given; `None` if the call has no key."""
        key = self._keys.key(call)
        if key is None:
            return None
        claim = like or self.new_claim(call.context)
        owner, execution = claim.owner, durable_execution(call.context)
        if execution is not None:
            from redrive.idempotency.executions import token_of

            owner = token_of(execution, key)
        # A key of the user's own does not change when the event is moved.
        has_alias = call.alias is not None and self._idempotency.key is None
        return claim._replace(
            key=key,
            owner=owner,
            validation=self._keys.validation(call),
            delivery=call.delivery,
            is_expected=call.was_delivered,
            alias=self._keys.key(call._replace(default=call.alias)) if has_alias else None,
        )

    def claim(self, claims: Sequence[Claim], seconds: float | None) -> dict[str, Stored | Exception | None]:
        """Claim keys that this process does not know as completed; see `IdempotencyStore.claim`, which this answers."""
        answers: dict[str, Stored | Exception | None] = {claim.key: self._recall(claim.key) for claim in claims}
        unknown = [claim for claim in claims if answers[claim.key] is None]
        if unknown:
            store = self.store
            try:
                answers |= self._claimed(store, unknown, seconds)
            except Exception as error:  # a user's own store may raise
                answers |= dict.fromkeys((claim.key for claim in unknown), error)
        return answers

    def also_done(self, aliases: Sequence[Claim], seconds: float | None) -> None:
        """Record the aliases of calls that are completed; only log errors in this, as the calls themselves are."""
        try:
            answers = self.store.claim(aliases, seconds)
            errors = [answer for answer in answers.values() if isinstance(answer, Exception)]
        except Exception as error:  # a user's own store may raise
            errors = [error] * len(aliases)
        if errors:
            self.aliases_not_recorded(len(errors), errors)

    @staticmethod
    def aliases_not_recorded(number: int, errors: Sequence[Exception]) -> None:
        """Log that aliases of completed calls are not recorded."""
        from redrive.core.log import described, warn

        warn(
            "redrive.idempotency.alias_not_recorded",
            records=number,
            errors=sorted({f"{type(error).__name__}: {described(error)}" for error in errors})[:5],
            outcome="they run again if their queue moves them to its dead-letter queue now and they are replayed",
        )

    @staticmethod
    def _claimed(
        store: IdempotencyStore, claims: Sequence[Claim], seconds: float | None
    ) -> dict[str, Stored | Exception | None]:
        moment = now()
        found = store.claim(claims, seconds)
        answers = {claim.key: found[claim.key] for claim in claims}
        silent = {
            key: answer for key, answer in answers.items() if isinstance(answer, Stored) and is_silent(answer, now())
        }
        if not silent:
            return answers
        from redrive.idempotency.succession import claim_silent

        left = None if seconds is None else seconds - (now() - moment)
        return answers | claim_silent(store, [claim for claim in claims if claim.key in silent], silent, left)

    def check(self, stored: Stored, claim: Claim) -> None:
        """Raise the reason why a call must not run, unless it was completed; then remember this."""
        check_completed(stored, claim)
        self.remember(stored)

    def completion(self, claim: Claim) -> Ending:
        """Return the ending of a processed record."""
        return completion(claim, self.expiry)

    def failure(self, claim: Claim, error: BaseException) -> Ending | None:
        """Return the ending of a call that has raised; `None` if its claim stays until it expires."""
        return failure(self._idempotency, claim, self.expiry, error)

    def not_claimed(self, error: Exception) -> Exception:
        """Return the error of a record that did not run, because the store could not claim it."""
        from redrive.idempotency.errors import NotClaimed

        return error if isinstance(error, (Permanent, Retry)) else NotClaimed(self.store, error)

    def not_recorded(self, claim: Claim, error: Exception, result: Any = None) -> LateCompletion | NotRecorded:
        """Return the error of a call that has run, and whose completion could not be recorded."""
        from redrive.idempotency.errors import LateCompletion, NotRecorded

        if isinstance(error, LateCompletion):
            return LateCompletion(claim.key, result)
        seconds = seconds_after_leaving(claim, now(), self._idempotency.clock_skew)
        return NotRecorded(claim.key, seconds, error, result)

    def remember(self, stored: Stored) -> None:
        """Put a completed call into the cache of this process; a full cache drops its oldest one."""
        if not self._idempotency.cache or stored.status != COMPLETED:
            return
        with self._lock:
            self._cache[stored.key] = stored
            self._cache.move_to_end(stored.key)
            if len(self._cache) > self._idempotency.cache:
                self._cache.popitem(last=False)

    @property
    def store(self) -> IdempotencyStore:
        """The store of the records; raises `SettingsError` if no table is known."""
        return self._in_force()[1]

    @property
    def expiry(self) -> float:
        """Seconds for which a completion is remembered."""
        given = self._idempotency.expiry
        return given if given is not None else self._in_force()[0].expiry or _DEFAULT_EXPIRY

    def _recall(self, key: str) -> Stored | None:
        """Return a completed call from the cache of this process."""
        if not self._idempotency.cache:
            return None
        with self._lock:
            stored = self._cache.get(key)
            if stored is not None and stored.expiration < int(now()):
                del self._cache[key]
                return None
            return stored

    def _end(self, ending: Ending, context: Any) -> Exception | None:
        try:
            left = seconds_left(context)
            return self.store.end([ending], None if left is None else max(left, _LEAST))[ending.key]
        except Exception as broken:  # a user's own store may raise
            return broken

    def _in_force(self) -> tuple[IdempotencySettings, IdempotencyStore]:
        factory = stores.get()
        if self._found is not None and self._found[0] is factory:
            return self._found[1:]
        given = self._idempotency.settings or IdempotencySettings()
        store = self._idempotency.store
        settings = given
        if store is None:
            if given.table is None:
                settings = given.over(read_idempotency(os.environ, self._idempotency.name))
            if not settings.table:
                raise SettingsError("no table for idempotency is known: pass settings=IdempotencySettings(table=…)")
            store = factory(settings.table)
        self._found = (factory, settings, store)
        return settings, store


def claims_for(idempotency: Idempotency, function: Callable[..., Any]) -> Claims:
    """Return the claims for the records of a handler."""
    if not isinstance(idempotency, Idempotency):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise TypeError(f"idempotency={idempotency!r}: give an Idempotency(), with what is to differ from its defaults")
    return Claims(idempotency, own_scope(idempotency, function))
