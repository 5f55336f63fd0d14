"""Several AWS calls at once and for a limited time, so that a large batch is answered in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redrive.seams import Seam

# boto3 keeps ten connections a client: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html
_MOST = 8


def _in_threads(work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
    from concurrent.futures import ThreadPoolExecutor, wait
    from contextvars import copy_context

    pool = ThreadPoolExecutor(min(_MOST, len(items)))
    # A copy of the context each, so that tracing knows whose calls these are.
    wait([pool.submit(copy_context().run, work, item) for item in items], timeout)
    # No longer: a call that hangs, or a first client that takes seconds to make, would take the whole batch with it.
    pool.shutdown(wait=False, cancel_futures=True)


#: Runs some work on each item. The simulator runs them in turn, for the same history at each run.
runner: Seam[Callable[[Callable[[Any], None], Sequence[Any], float | None], None]] = Seam(_in_threads)


def run_all(work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
    """Run work on each item, in threads where there is more than one or a time limit.

    Args:
        work: Must not raise. What is not done when the time is up has no effect that anyone waits for.
        items: What to work on.
        timeout: Seconds, `None` for as long as it takes.
    """
    if len(items) == 1 and timeout is None:
        work(items[0])
    elif items:
        runner.get()(work, items, timeout)
