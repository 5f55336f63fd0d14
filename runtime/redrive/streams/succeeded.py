"""Recalls and remembers which records succeeded, from one delivery of a batch to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from redrive.core.invocation import function_name
from redrive.core.log import described, warn
from redrive.core.parallel import run_all
from redrive.handlers.record import REPLAY
from redrive.metrics import count
from redrive.settings.metrics import MetricName
from redrive.streams.replay import function_of, replay_of

if TYPE_CHECKING:
    from redrive.streams.batch import StreamBatch


A = TypeVar("A")

# The time left is divided by this to get the limit for `recall`; the records need the rest.
_SHARE = 2


class SucceededRecords(Protocol):
    """A store that remembers which records of a stream have succeeded; pass one to a handler as `succeeded`.

    With `ordered_by="partition_key"` (or `"item_key"`), records behind a failed one may have succeeded. Lambda delivers
    them again with the failed one. The handler does not run the records again that this store remembers. Keep the
    identifiers for as long as the stream keeps its records.

    Both methods may raise: the error is logged, and records may run again. Both are called in a separate thread, and
    the handler stops waiting for them when the invocation's time is nearly up.
    """

    def recall(self, identifiers: Sequence[str], /) -> Collection[str]:
        """Return the identifiers that are remembered. Called once at the start of each batch.

        Args:
            identifiers: The identifier of each record of the batch, unique for function, stream and record. Records
                that share a sequence number have none.

        Returns:
            The remembered ones of `identifiers`.
        """
        ...

    def remember(self, identifiers: Sequence[str], /) -> None:
        """Remember identifiers. Called at most once, at the end of a batch in which a record failed or was deferred.

        Args:
            identifiers: The identifiers of records that succeeded or were set aside and may be delivered again.
        """
        ...


def recalled(store: SucceededRecords, batch: StreamBatch) -> set[int]:
    """Count the records that an earlier delivery processed, and return their positions.

    There are none if the store does not answer.
    """
    known = {
        position: identifier
        for position, identifier in identifiers_of(batch).items()
        if not _was_set_aside(batch.records[position][0])  # it is remembered, too, as no concern of later deliveries
    }
    if not known:
        return set()
    left = batch.deadline.left_for_calls()

    def recall() -> set[str]:
        return set(store.recall(list(known.values())))

    found = _answer(recall, None if left is None else left / _SHARE, "recall", batch) or set()
    positions = {position for position, identifier in known.items() if identifier in found}
    count(MetricName.DUPLICATES, number=len(positions))
    return positions


def _was_set_aside(record: Mapping[str, Any]) -> bool:
    return REPLAY in record and replay_of(record).was_set_aside


def remember(store: SucceededRecords, batch: StreamBatch, positions: Collection[int]) -> int:
    """Remember the records at these positions and return their number; 0 if the store does not answer."""
    known = identifiers_of(batch)
    identifiers = [known[position] for position in sorted(positions) if position in known]
    if not identifiers:
        return 0

    def remember_them() -> bool:
        store.remember(identifiers)
        return True

    done = _answer(remember_them, batch.deadline.left_for_calls(), "remember", batch)
    return len(identifiers) if done else 0


def identifiers_of(batch: StreamBatch) -> dict[int, str]:
    """Return the identifiers by position; records that share a sequence number have none and run again."""
    # Records that Lambda extracted from one aggregated record may share it, and nothing else distinguishes them.
    function = function_name(batch.context)
    every = [
        f"{function_of(each[0]) or function}/{each.source_arn}/{each.shard_id or each.event_id}/{each.sequence_number}"
        for each in batch.records
    ]
    times = Counter(every)
    return {position: identifier for position, identifier in enumerate(every) if times[identifier] == 1}


def _answer(call: Callable[[], A], time: float | None, name: str, batch: StreamBatch) -> A | None:
    """Return the result of a call; log and return `None` if it fails or takes too long."""
    answers: list[A] = []
    errors: list[str] = ["no answer in the time that the invocation had left"]

    def guarded(_: Any) -> None:
        try:
            answers.append(call())
        except Exception as error:
            errors[0] = f"{type(error).__name__}: {described(error)}"

    if time is None or time > 0:
        run_all(guarded, [None], time)
    if answers:
        return answers[0]
    warn(
        "redrive.stream.succeeded_records_failed",
        call=name,
        error=errors[0],
        source_arn=batch.records[0].source_arn,
        outcome="records that have succeeded may run again",
    )
    return None
