"""Which records have succeeded already, from one delivery of a batch to the next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from redrive.invocation import function_name
from redrive.log import described, warn
from redrive.parallel import run_all

if TYPE_CHECKING:
    from redrive.stream_batch import StreamBatch

A = TypeVar("A")

# Asking may take this part of the time there is; the records need the rest.
_SHARE = 2


class SucceededRecords(Protocol):
    """A store that remembers which records of a stream have succeeded.

    With `ordered_by="partition_key"` (or `"item_key"`), records behind one that has failed may have succeeded, and are
    delivered again with it. What is remembered here is not run again then. Keep it for as long as the stream keeps its
    records. Both methods may raise: that is logged, and means that records may run again. Both are called from a thread
    of their own and given up when the invocation's time is nearly up.
    """

    def recall(self, identifiers: Sequence[str], /) -> Collection[str]:
        """Asked once at the start of each batch.

        Args:
            identifiers: Of each record of the batch; unique for function, stream and record.

        Returns:
            Those of them that have been remembered.
        """
        ...

    def remember(self, identifiers: Sequence[str], /) -> None:
        """Told once at the end of a batch in which something has failed.

        Args:
            identifiers: Of the records that have succeeded, or were set aside, and would be delivered again.
        """
        ...


def recalled(store: SucceededRecords, batch: StreamBatch) -> set[int]:
    """The positions of the records that an earlier delivery has done; none where the store does not answer."""
    known = identifiers_of(batch)
    left = batch.deadline.left_for_calls()

    def recall() -> set[str]:
        return set(store.recall(list(known.values())))

    found = _answer(recall, None if left is None else left / _SHARE, "recall", batch)
    return {position for position, identifier in known.items() if identifier in found} if found else set()


def remember(store: SucceededRecords, batch: StreamBatch, positions: Collection[int]) -> int:
    """Have records remembered.

    Args:
        store: The store.
        batch: Their batch.
        positions: Their positions.

    Returns:
        How many were remembered: all or, where the store does not answer, none.
    """
    known = identifiers_of(batch)
    identifiers = [known[position] for position in sorted(positions) if position in known]
    if not identifiers:
        return 0

    def tell() -> bool:
        store.remember(identifiers)
        return True

    done = _answer(tell, batch.deadline.left_for_calls(), "remember", batch)
    return len(identifiers) if done else 0


def identifiers_of(batch: StreamBatch) -> dict[int, str]:
    """The identifiers of a batch's records by position.

    Where records share a sequence number, as those may that Lambda has taken out of one aggregated record, they cannot
    be told apart: they have none, and run again.
    """
    function = function_name(batch.context)
    every = [
        f"{function}/{record.source_arn}/{record.shard_id or record.event_id}/{record.sequence_number}"
        for record in batch.records
    ]
    times = Counter(every)
    return {position: identifier for position, identifier in enumerate(every) if times[identifier] == 1}


def _answer(call: Callable[[], A], time: float | None, name: str, batch: StreamBatch) -> A | None:
    """What a call answers; `None` where it fails or takes too long, which is logged."""
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
