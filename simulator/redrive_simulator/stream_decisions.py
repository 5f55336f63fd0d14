"""What becomes of a stream's batch: pure decisions. LAMBDA: https://docs.aws.amazon.com/lambda/latest/dg/."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from redrive_simulator.specifications import StreamMappingSpec


class Step(NamedTuple):
    """What happens after an attempt.

    Attributes:
        done: How many records, from the first on, are behind the lane now.
        then: What happens with those that are left: nothing (there are none), they are tried again, tried again as a
            batch of its own whose attempts are counted anew, cut in two, or given up.
    """

    done: int
    then: Literal["finished", "retry", "fresh", "split", "give up"]


def after_attempt(size: int, done: int, failures: int, mapping: StreamMappingSpec) -> Step:
    """Decide what follows from a function error, or from a response with a checkpoint.

    - All done: finished.
    - A checkpoint behind the first record is progress: the rest is a new batch with a new budget. (Observed: the last
      of three records bad, three retries: delivered five times.)
    - A checkpoint at the first record, and an error: an attempt. With bisect the batch is cut in two, which costs no
      attempt (LAMBDA/services-kinesis-parameters.html), as long as it has two records. Otherwise it is tried again, or
      given up when its attempts are used: one, and as many retries as `MaximumRetryAttempts`.

    Args:
        size: Records in the batch.
        done: Those before the checkpoint; 0 for an error.
        failures: Function errors of this batch so far, this one included.
        mapping: The settings.

    Returns:
        The step.
    """
    if done >= size:
        return Step(size, "finished")
    if done > 0:
        return Step(done, "fresh")
    if mapping.bisect and size > 1:
        return Step(0, "split")
    if mapping.max_retries is not None and failures > mapping.max_retries:
        return Step(0, "give up")
    return Step(0, "retry")


def halves(size: int) -> tuple[int, int]:
    """How a batch is cut in two: the earlier half, rounded down, and the rest. AWS does not say; order needs it so."""
    return size // 2, size - size // 2


def expired_prefix(arrivals: Sequence[float], now: float, limit: float | None) -> int:
    """How many records, from the first on, are too old.

    Only those before the first that is not: with six records sent and one of them too old, one was observed to be
    given up, and five processed.

    Args:
        arrivals: When each was written, in order.
        now: The time.
        limit: The greatest age; `None` for none.

    Returns:
        Their number.
    """
    if limit is None:
        return 0
    expired = 0
    for arrival in arrivals:
        if now - arrival <= limit:
            break
        expired += 1
    return expired
