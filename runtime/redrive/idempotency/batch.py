"""Applies idempotency to the records of a batch: claims them together, ends their claims in groups."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive.core.log import described, warn
from redrive.core.system import now
from redrive.failures.classification import FailureClass, classify
from redrive.failures.errors import Permanent, Retry
from redrive.idempotency.errors import InProgress, LateCompletion, NotRecorded
from redrive.idempotency.group_commit import GroupCommit
from redrive.idempotency.record import COMPLETED, Claim, Ending, Stored, as_stored
from redrive.idempotency.stores import is_off
from redrive.metrics.meter import count
from redrive.settings.metrics import MetricName

if TYPE_CHECKING:
    from redrive.core.deadline import Deadline
    from redrive.idempotency.claims import Claims


# Share of the remaining time that claiming may take; the records need the rest.
_SHARE_TO_CLAIM = 0.5
# Share of the time left at the end that recording may take; handling failures needs the rest.
_SHARE_TO_RECORD = 0.7


class RecordKeys(NamedTuple):
    """Functions that identify the records of a source.

    Attributes:
        default: Returns a value that is the same at each delivery of a record, and different for each record. `None`:
            there is none.
        content: Returns the value in which paths are looked up.
        reruns_failures: Returns whether a person has replayed a record that failed permanently, so that it must run.
        was_delivered: Returns whether a record is known to have been delivered before, so that it is probably claimed.
    """

    default: Callable[[Any], object]
    content: Callable[[Any], object]
    reruns_failures: Callable[[Any], bool]
    was_delivered: Callable[[Any], bool]


class _Key:
    """One key of a batch, and its outcome."""

    __slots__ = ("claim", "ending", "error", "first", "is_in_doubt", "stored")

    def __init__(self, claim: Claim, first: Any) -> None:
        self.claim = claim
        #: The record that runs. Other records with the same key get its outcome.
        self.first = first
        #: The stored record that prevents the claim.
        self.stored: Stored | None = None
        #: True if it is unknown whether the key is claimed.
        self.is_in_doubt = False
        #: Why the record does not run, or the error it failed with.
        self.error: BaseException | None = None
        #: How the claim ends; `None` while the record has not run.
        self.ending: Ending | None = None


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
        self._keys = keys
        self._deadline = deadline
        self._context = context
        self._blank = claims.claim(context)
        self._refused: dict[int, BaseException] = {}
        self._of_record: dict[int, _Key] = {}
        self._of_key: dict[str, _Key] = {}
        # Hashes of the payload, by id of a record, if an earlier record of the batch has the same key and another
        # payload.
        self._other_payload: dict[int, str | None] = {}
        self._answered: list[tuple[Any, _Key]] = []
        self.duplicates = 0
        for record in records:
            self._enter(record)
        began = monotonic()
        self._claim()
        self._commit = GroupCommit(self._write, monotonic() - began)

    def around(
        self, call: Callable[[Any], Any], *, is_async: bool, wait: Callable[[Awaitable[Any]], object]
    ) -> Callable[[Any], Any]:
        """Wrap the user's function so that it runs only for claimed records."""

        async def in_task(record: Any) -> None:
            if self._starts(record):
                try:
                    await call(record)
                except BaseException as error:
                    self._failed(record, error)
                    raise
                self._done(record)

        def in_turn(record: Any) -> None:
            if self._starts(record):
                try:
                    result = call(record)
                    if result is not None and hasattr(result, "__await__"):  # plain, around an `async def` one
                        wait(result)
                except BaseException as error:
                    self._failed(record, error)
                    raise
                self._done(record)

        return in_task if is_async else in_turn

    def close(self) -> list[tuple[Any, BaseException]]:
        """Release the claims of records that did not start, and wait until the completions are recorded.

        Returns:
            The completed records that are not recorded as completed, each with its error; they are failures.
        """
        for key in self._of_key.values():
            if key.stored is None and key.ending is None and (key.error is None or key.is_in_doubt):
                self._end(key, Ending(key.claim.key, key.claim.owner))
        left = self._deadline.left_for_calls()
        outcomes = self._commit.close(None if left is None else max(0.0, left) * _SHARE_TO_RECORD)
        late = TimeoutError("no answer from the store in the time that the invocation had left")
        failures: list[tuple[Any, BaseException]] = []
        for record, key in self._answered:
            outcome = outcomes.get(key.claim.key, late)
            if outcome is None and key.ending is not None:
                self._claims.remember(as_stored(key.claim, key.ending))
            if isinstance(outcome, LateCompletion):
                failures.append((record, LateCompletion(key.claim.key)))
            elif outcome is not None:
                failures.append((record, NotRecorded(key.claim.key, key.claim.lease_end / 1000 - now(), outcome)))
        self._tell_of_others(outcomes, late)
        count(MetricName.DUPLICATES, number=self.duplicates)
        for _, error in failures:
            count(MetricName.NOT_RECORDED, type(error).__name__)
        return failures

    def _enter(self, record: Any) -> None:
        """Find a record's key; an error in this is the record's failure when its turn comes."""
        claims, keys = self._claims, self._keys
        try:
            arguments = (record,)

            def content() -> object:
                return keys.content(record)

            key = claims.key(arguments, content, keys.default(record), self._context)
            if key is None:
                return
            validation = claims.validation(arguments, content)
            reruns = keys.reruns_failures(record)
            known = self._of_key.get(key)
            if known is None:
                claim = self._blank._replace(
                    key=key,
                    validation=validation,
                    reruns_failures=reruns,
                    is_expected=keys.was_delivered(record),
                )
                known = self._of_key[key] = _Key(claim, record)
            elif reruns:
                known.claim = known.claim._replace(reruns_failures=True)
            if validation != known.claim.validation:
                self._other_payload[id(record)] = validation
            self._of_record[id(record)] = known
        except Exception as error:
            self._refused[id(record)] = error

    def _claim(self) -> None:
        left = self._deadline.left_for_calls()
        recalled = {name: self._claims.recall(name) for name in self._of_key}
        claims = [key.claim for name, key in self._of_key.items() if recalled[name] is None]
        answers: dict[str, Stored | Exception | None] = dict(recalled)
        if claims:
            seconds = None if left is None else left * _SHARE_TO_CLAIM
            store = self._claims.store
            try:
                found = store.claim(claims, seconds)
                answers |= {claim.key: found[claim.key] for claim in claims}
            except Exception as error:  # a user's own store may raise
                answers |= dict.fromkeys((claim.key for claim in claims), error)
        for name, answer in answers.items():
            key = self._of_key[name]
            if isinstance(answer, Exception):
                key.error = answer
                # It may be claimed after all. Then it is released, so that no call waits until the claim expires.
                key.is_in_doubt = classify(answer) is FailureClass.TRANSIENT
            else:
                key.stored = answer

    def _starts(self, record: Any) -> bool:
        """Return True if a record must run, False if it was completed before; otherwise raise the reason."""
        try:
            return self._is_to_run(record)
        except InProgress as error:
            count(MetricName.IN_PROGRESS, type(error).__name__)
            raise

    def _is_to_run(self, record: Any) -> bool:
        refused = self._refused.get(id(record))
        if refused is not None:
            raise refused
        key = self._of_record.get(id(record))
        if key is None:  # without a key, it runs each time
            return True
        is_other = id(record) in self._other_payload
        claim = key.claim._replace(validation=self._other_payload[id(record)]) if is_other else key.claim
        if key.stored is not None:
            self._claims.check(key.stored, claim)
            self.duplicates += 1
            return False
        if key.first is record:
            if key.error is not None:
                raise key.error
            return True
        if is_other and key.ending is not None and key.ending.status is not None:
            self._claims.check(as_stored(key.claim, key.ending), claim)
        if key.error is not None:
            if isinstance(key.error, (Permanent, Retry)) and not is_other:
                raise key.error
            raise Retry(reason=f"the record of the same key in this batch has failed: {described(key.error)}")
        if key.ending is None:  # the record with the same key is in progress, or not started
            raise InProgress(key.claim.key, 0)
        self.duplicates += 1
        self._answered.append((record, key))
        return False

    def _done(self, record: Any) -> None:
        key = self._of_record.get(id(record))
        if key is not None:
            self._answered.append((record, key))
            self._end(key, self._claims.done(key.claim))

    def _failed(self, record: Any, error: BaseException) -> None:
        key = self._of_record.get(id(record))
        if key is None:
            return
        key.error = error
        ending = self._claims.failure(key.claim, error)
        if ending is not None:  # otherwise its claim stays until it expires
            self._end(key, ending)

    def _end(self, key: _Key, ending: Ending) -> None:
        key.ending = ending
        self._commit.add(ending)

    def _write(self, endings: Sequence[Ending]) -> Any:
        return self._claims.store.end(endings, self._deadline.left_for_calls())

    def _tell_of_others(self, outcomes: Any, late: Exception) -> None:
        """Log the claims of failed or unstarted records that could not be ended."""
        wrong = {
            name: outcomes.get(name, late)
            for name, key in self._of_key.items()
            if key.ending is not None and key.ending.status != COMPLETED and not key.is_in_doubt
            if outcomes.get(name, late) is not None
        }
        if wrong:
            warn(
                "redrive.idempotency.not_ended",
                claims=len(wrong),
                errors=sorted({f"{type(error).__name__}: {described(error)}" for error in wrong.values()})[:5],
                outcome="they hold until they expire",
            )


def guarded_batch(
    claims: Claims, records: Sequence[Any], keys: RecordKeys, deadline: Deadline, context: Any
) -> GuardedBatch | None:
    """Claim the records of a batch; return `None` if idempotency is turned off."""
    return None if is_off() else GuardedBatch(claims, records, keys, deadline, context)
