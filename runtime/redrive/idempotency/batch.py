"""Applies idempotency to the records of a batch: claims them together, ends their claims in groups."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from time import monotonic
from typing import TYPE_CHECKING, Any

from redrive.core import Permanent, Retry
from redrive.core.log import described, warn
from redrive.idempotency.decision import is_in_doubt, release
from redrive.idempotency.errors import InProgress, OwnerLost
from redrive.idempotency.group_commit import GroupCommit
from redrive.idempotency.lifetime import is_lost, leave
from redrive.idempotency.record import COMPLETED, Claim, Ending, Stored, alias_of, as_stored
from redrive.idempotency.stores import is_off
from redrive.metrics import count
from redrive.settings.metrics import MetricName

if TYPE_CHECKING:
    from redrive.core.invocation import Deadline
    from redrive.idempotency.claims import Claims
    from redrive.idempotency.record_keys import RecordKeys


# Marks the delivery of several records with one key, which is none of theirs.
_AND_OTHERS = "-and-others"
# Share of the remaining time that claiming may take; the records need the rest.
_SHARE_TO_CLAIM = 0.5
# Share of the time left at the end that recording may take; handling failures needs the rest.
_SHARE_TO_RECORD = 0.7


class _Key:
    """One key of a batch, and its outcome."""

    __slots__ = ("claim", "ending", "error", "is_in_doubt", "stored")

    def __init__(self, claim: Claim) -> None:
        self.claim = claim
        #: The stored record that prevents the claim.
        self.stored: Stored | None = None
        #: True if it is unknown whether the key is claimed.
        self.is_in_doubt = False
        #: Why the record does not run, or the error it failed with.
        self.error: BaseException | None = None
        #: How the claim ends; `None` while the record has not run.
        self.ending: Ending | None = None


class _Entry:
    """One record of a batch."""

    __slots__ = ("claim", "error", "is_first", "key", "record")

    def __init__(self, record: Any) -> None:
        self.record = record
        #: Its key, which several records may share. `None`: it has none, and runs each time.
        self.key: _Key | None = None
        #: True for the record of its key that runs. Other records with the same key get its outcome.
        self.is_first = False
        #: Its claim. Records that share a key may differ in the rest.
        self.claim: Claim | None = None
        #: Why its key cannot be made.
        self.error: Exception | None = None

    @property
    def validation(self) -> str | None:
        """Hash of its payload."""
        return None if self.claim is None else self.claim.validation


class GuardedBatch:
    """Claims the records of a batch, and lets only claimed records run.

    Attributes:
        duplicates: Number of records that did not run because their key was completed before.
    """

    # Workers run records in parallel: each one writes only to its own keys, in single operations.

    def __init__(
        self, claims: Claims, records: Sequence[Any], keys: RecordKeys, deadline: Deadline, context: Any
    ) -> None:
        self._claims = claims
        self._deadline = deadline
        self._keys: dict[str, _Key] = {}
        self._completed: list[tuple[Any, _Key]] = []
        #: Second records of completed messages, by key, until they are written.
        self._aliases: dict[str, Claim] = {}
        self.duplicates = 0
        self._claimed_as = like = claims.enter(claims.new_claim(context), context)
        began = monotonic()
        try:
            self._entries = {id(record): self._entry(record, keys, context, like) for record in records}
            began = monotonic()
            self._claim()
        except BaseException:
            leave(like)
            raise
        self._commit = GroupCommit(self._write, monotonic() - began)

    def around(self, call: Callable[[Any], Any], *, is_async: bool) -> Callable[[Any], Any]:
        """Wrap a call of the user's function so that it happens only for claimed records."""

        async def in_task(record: Any) -> None:
            entry = self._entries[id(record)]
            if self._starts(entry):
                with self._recording(entry):
                    await call(record)

        def in_turn(record: Any) -> None:
            entry = self._entries[id(record)]
            if self._starts(entry):
                with self._recording(entry):
                    call(record)

        return in_task if is_async else in_turn

    def close(self) -> list[tuple[Any, BaseException]]:
        """Release the claims of records that did not start, and wait until the completions are recorded.

        Returns:
            The completed records that are not recorded as completed, each with its error; they are failures.
        """
        for key in self._keys.values():
            if key.stored is None and key.ending is None and (key.error is None or key.is_in_doubt):
                self._end(key, release(key.claim))
        left = self._deadline.left_for_calls()
        try:
            found = self._commit.close(None if left is None else max(0.0, left) * _SHARE_TO_RECORD)
        finally:
            leave(self._claimed_as)
        late = TimeoutError("no answer from the store in the time that the invocation had left")
        if self._aliases:
            self._claims.aliases_not_recorded(len(self._aliases), [late])
        outcomes: dict[str, Exception | None] = {name: found.get(name, late) for name in self._keys}
        failures: list[tuple[Any, BaseException]] = []
        for record, key in self._completed:
            outcome = outcomes[key.claim.key]
            if outcome is not None:
                failures.append((record, self._claims.not_recorded(key.claim, outcome)))
            elif key.ending is not None:
                self._claims.remember(as_stored(key.claim, key.ending))
        self._log_other_claims(outcomes)
        count(MetricName.DUPLICATES, number=self.duplicates)
        for _, error in failures:
            count(MetricName.NOT_RECORDED, type(error).__name__)
        return failures

    def _entry(self, record: Any, keys: RecordKeys, context: Any, like: Claim) -> _Entry:
        """Find a record's key; an error in this is the record's failure when its turn comes."""
        entry = _Entry(record)
        try:
            claim = self._claims.claim_of(keys.call_of(record, context), like)
        except Exception as error:
            entry.error = error
            return entry
        if claim is not None:
            entry.is_first = claim.key not in self._keys
            entry.claim = claim
            entry.key = self._keys.setdefault(claim.key, _Key(claim))
            first = entry.key.claim
            if first.delivery is not None and claim.delivery != first.delivery:
                # One of them is not the delivery that has failed, so the key runs.
                entry.key.claim = first._replace(delivery=first.delivery.removesuffix(_AND_OTHERS) + _AND_OTHERS)
        return entry

    def _claim(self) -> None:
        left = self._deadline.left_for_calls()
        answers = self._claims.claim(
            [key.claim for key in self._keys.values()], None if left is None else left * _SHARE_TO_CLAIM
        )
        for name, answer in answers.items():
            key = self._keys[name]
            if isinstance(answer, Exception):
                key.error = self._claims.not_claimed(answer)
                # If it is claimed after all, it is released, so that no call waits until the claim expires.
                key.is_in_doubt = is_in_doubt(answer)
            else:
                key.stored = answer

    def _starts(self, entry: _Entry) -> bool:
        """Return True if a record must run, False if it was completed before; otherwise raise the reason."""
        if entry.error is not None:
            raise entry.error
        key = entry.key
        if key is None:
            return True
        try:
            if key.stored is not None:
                self._claims.check(key.stored, key.claim._replace(validation=entry.validation))
                self._record_alias(entry, key.stored)
            elif entry.is_first:
                if key.error is not None:
                    raise key.error
                if is_lost(key.claim):
                    raise OwnerLost(key.claim.key)
                return True
            else:
                self._check_first(entry, key)
        except InProgress as error:
            count(MetricName.IN_PROGRESS, type(error).__name__)
            raise
        self.duplicates += 1
        return False

    def _check_first(self, entry: _Entry, key: _Key) -> None:
        """Raise the reason why a record cannot get the outcome of an earlier one with the same key, if there is one."""
        is_other = entry.validation != key.claim.validation
        if is_other and key.ending is not None and key.ending.status is not None:
            stored = as_stored(key.claim, key.ending)
            self._claims.check(stored, key.claim._replace(validation=entry.validation))
        if key.error is not None:
            if isinstance(key.error, (Permanent, Retry)) and not is_other:
                raise key.error
            raise Retry(
                reason=f"the record of the same key in this batch has failed: {described(key.error)}"
            ) from key.error
        if key.ending is None:  # the record with the same key is in progress, or not started
            raise InProgress(key.claim.key, 0)
        self._completed.append((entry.record, key))

    @contextmanager
    def _recording(self, entry: _Entry) -> Generator[None]:
        """Run a record, and end its claim."""
        key = entry.key
        try:
            yield
        except BaseException as error:
            if key is not None:
                key.error = error
                ending = self._claims.failure(key.claim, error)
                if ending is not None:  # otherwise its claim stays until it expires
                    self._end(key, ending)
            raise
        if key is not None:
            self._completed.append((entry.record, key))
            self._end(key, self._claims.completion(key.claim))

    def _end(self, key: _Key, ending: Ending) -> None:
        key.ending = ending
        self._commit.add(ending)

    def _record_alias(self, entry: _Entry, stored: Stored) -> None:
        """Record the alias of a record that was completed before: it may be another one of the same key."""
        alias = None if entry.claim is None else alias_of(entry.claim, stored.expiration, is_expected=True)
        if alias is not None:
            self._add_alias(alias)

    def _add_alias(self, alias: Claim) -> None:
        self._aliases[alias.key] = alias
        self._commit.add_last(alias)

    def _write(self, group: Sequence[Any]) -> Mapping[str, Exception | None]:
        left = self._deadline.left_for_calls()
        if isinstance(group[0], Claim):
            self._claims.also_done(list({alias.key: alias for alias in group}.values()), left)
            self._aliases.clear()
            return {}
        outcomes = self._claims.store.end(group, left)
        for ending in group:
            # Only now, since what was not completed must not be found under another key.
            if ending.status == COMPLETED and outcomes.get(ending.key, ending) is None:
                alias = alias_of(self._keys[ending.key].claim, ending.expiration)
                if alias is not None:
                    self._add_alias(alias)
        return outcomes

    def _log_other_claims(self, outcomes: Mapping[str, Exception | None]) -> None:
        """Log the claims of failed or unstarted records that could not be ended."""
        errors = [
            error
            for name, key in self._keys.items()
            if key.ending is not None and key.ending.status != COMPLETED and not key.is_in_doubt
            if (error := outcomes[name]) is not None
        ]
        if errors:
            warn(
                "redrive.idempotency.not_ended",
                claims=len(errors),
                errors=sorted({f"{type(error).__name__}: {described(error)}" for error in errors})[:5],
                outcome="they stay until they expire",
            )


def guarded_batch(
    claims: Claims, records: Sequence[Any], keys: RecordKeys, deadline: Deadline, context: Any
) -> GuardedBatch | None:
    """Claim the records of a batch; return `None` if idempotency is turned off."""
    return None if is_off() else GuardedBatch(claims, records, keys, deadline, context)
