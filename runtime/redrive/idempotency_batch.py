"""The records of one batch under idempotency: claimed together before they run, ended in groups while they do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive.classification import FailureClass, classify
from redrive.clock import now
from redrive.errors import Permanent, Retry
from redrive.group_commit import GroupCommit
from redrive.idempotency_errors import InProgress, LateCompletion, NotRecorded
from redrive.idempotency_record import COMPLETED, Claim, Ending, Stored, as_stored
from redrive.log import described, warn
from redrive.metrics import note
from redrive.settings import MetricName

if TYPE_CHECKING:
    from redrive.deadline import Deadline
    from redrive.idempotency_claims import Claims

# Claiming may take this part of the time there is; the records need the rest.
_SHARE_TO_CLAIM = 0.5
# Recording what was done may take this part of the time left at the end; what follows from failures needs the rest.
_SHARE_TO_RECORD = 0.7


class RecordKeys(NamedTuple):
    """What tells the records of a source apart.

    Attributes:
        default: The same at each delivery of a record, and another for each record. `None`: nothing is.
        content: What paths are looked up in.
        reruns_failures: Whether somebody has brought a record back that has failed for good, so that it is to run.
        was_delivered: Whether a record is known to have been delivered before, so that it is probably claimed already.
    """

    default: Callable[[Any], object]
    content: Callable[[Any], object]
    reruns_failures: Callable[[Any], bool]
    was_delivered: Callable[[Any], bool]


class _Key:
    """One key of a batch, and what has become of it."""

    __slots__ = ("claim", "ending", "error", "first", "is_in_doubt", "stored")

    def __init__(self, claim: Claim, first: Any) -> None:
        self.claim = claim
        #: The record that runs; others of the same key are answered by what becomes of it.
        self.first = first
        #: What is stored, where that keeps it from being claimed.
        self.stored: Stored | None = None
        #: Nobody knows whether it is claimed.
        self.is_in_doubt = False
        #: Why it does not run, or what it failed with.
        self.error: BaseException | None = None
        #: How its claim is to end; `None` while it has not run.
        self.ending: Ending | None = None


class GuardedBatch:
    """The records of one batch, none of which runs before it is claimed.

    Workers run them side by side, each its own; what they write is their own keys' and single operations.

    Args:
        claims: Makes and ends the claims.
        records: All records, in the order of the batch.
        keys: What tells them apart.
        deadline: The end of the invocation.
        context: Lambda's context.

    Attributes:
        duplicates: How many records were answered that had been done before.
    """

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
        # The payloads' hashes of records whose key came before in the batch, with another payload.
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
        """The user's function, run for those records only that are claimed.

        Args:
            call: Calls it with a record.
            is_async: Whether that makes a coroutine.
            wait: Waits for what a plain function around an `async def` one has returned.
        """

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
                    if result is not None and hasattr(result, "__await__"):
                        wait(result)
                except BaseException as error:
                    self._failed(record, error)
                    raise
                self._done(record)

        return in_task if is_async else in_turn

    def close(self) -> list[tuple[Any, BaseException]]:
        """Release what was not started, and wait until all that was done is recorded.

        Returns:
            The records that were done and are not recorded as done, each with its error: they are failures.
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
        note(MetricName.DUPLICATES, number=self.duplicates)
        for _, error in failures:
            note(MetricName.NOT_RECORDED, type(error).__name__)
        return failures

    def _enter(self, record: Any) -> None:
        """Find a record's key. That it has none, or cannot be read, is its failure once its turn has come."""
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
            except Exception as error:  # a store of the user's own
                answers |= dict.fromkeys((claim.key for claim in claims), error)
        for name, answer in answers.items():
            key = self._of_key[name]
            if isinstance(answer, Exception):
                key.error = answer
                # It may be claimed after all. If it is, nobody need wait for the claim to expire.
                key.is_in_doubt = classify(answer) is FailureClass.TRANSIENT
            else:
                key.stored = answer

    def _starts(self, record: Any) -> bool:
        """Whether a record is to run. Raises what keeps it from that, if it was not done."""
        try:
            return self._is_to_run(record)
        except InProgress as error:
            note(MetricName.IN_PROGRESS, type(error).__name__)
            raise

    def _is_to_run(self, record: Any) -> bool:
        refused = self._refused.get(id(record))
        if refused is not None:
            raise refused
        key = self._of_record.get(id(record))
        if key is None:  # it has no key, and is to run each time
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
        if key.ending is None:  # the one of the same key is under way, or has not had its turn
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
        if ending is not None:  # else its claim is kept until it expires
            self._end(key, ending)

    def _end(self, key: _Key, ending: Ending) -> None:
        key.ending = ending
        self._commit.add(ending)

    def _write(self, endings: Sequence[Ending]) -> Any:
        return self._claims.store.end(endings, self._deadline.left_for_calls())

    def _tell_of_others(self, outcomes: Any, late: Exception) -> None:
        """Log the claims of records that failed, or were not started, that could not be ended."""
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
