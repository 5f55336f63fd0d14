"""Decides how a stream's batch continues, without side effects.

LAMBDA in comments stands for https://docs.aws.amazon.com/lambda/latest/dg/.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from redrive_model.resources.mapping import StreamMappingSpec


class Step(NamedTuple):
    """The step after an attempt.

    Attributes:
        done: Number of records, from the first, that the lane has finished.
        then: Treatment of the rest: `finished` (no rest), `retry`, `fresh` (retry as a new batch with a new count of
            attempts), `split` (bisect), or `give up`.
    """

    done: int
    then: Literal["finished", "retry", "fresh", "split", "give up"]


def after_attempt(size: int, done: int, failures: int, mapping: StreamMappingSpec) -> Step:
    """Decide the next step after a function error or a response with a checkpoint.

    Args:
        size: Number of records in the batch.
        done: Number of records before the checkpoint; 0 for an error.
        failures: Function errors of this batch so far, this one included.
        mapping: Event source mapping settings.
    """
    if done >= size:
        return Step(size, "finished")
    # A checkpoint after the first record is progress: the rest is a new batch with a new budget. (Observed: the last of
    # three records bad, three retries: delivered five times.)
    if done > 0:
        return Step(done, "fresh")
    # Bisecting costs no attempt: LAMBDA/services-kinesis-parameters.html
    if mapping.bisect and size > 1:
        return Step(0, "split")
    # One attempt, and as many retries as `MaximumRetryAttempts`.
    if mapping.max_retries is not None and failures > mapping.max_retries:
        return Step(0, "give up")
    return Step(0, "retry")


def halves(size: int) -> tuple[int, int]:
    """Return the sizes of the two parts of a bisected batch: the earlier half, rounded down, and the rest."""
    # AWS does not document the sizes; the order of records requires that the earlier part comes first.
    return size // 2, size - size // 2


def expired_prefix(arrivals: Sequence[float], now: float, limit: float | None) -> int:
    """Return how many records from the first are older than `limit` seconds, or 0 without a limit."""
    if limit is None:
        return 0
    # Counts only up to the first record that is not too old: with six records sent and one of them too old, one was
    # observed to be given up, and five processed.
    expired = 0
    for arrival in arrivals:
        if now - arrival <= limit:
            break
        expired += 1
    return expired
