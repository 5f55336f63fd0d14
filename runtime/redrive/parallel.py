"""Several AWS calls at once and for a limited time, so that a large batch is answered in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from redrive.seams import Seam

T = TypeVar("T")

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


def _in_thread(work: Callable[[], None]) -> None:
    from contextvars import copy_context
    from threading import Thread

    # A daemon: one that hangs in a call must not keep the process from ending.
    Thread(target=copy_context().run, args=(work,), name="redrive", daemon=True).start()


#: Starts some work beside what is running. `None`: there is no beside, and it is done in turn, as in the simulator.
background: Seam[Callable[[Callable[[], None]], None] | None] = Seam(_in_thread)


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


def within(seconds: float | None, work: Callable[[], T], what: str) -> T:
    """The result of AWS calls, which nobody waits for longer than there is time.

    Args:
        seconds: How long they may take. `None`: any time.
        work: Makes the calls. It may go on after the time is up, and then has no effect here.
        what: What they are for, for the error.

    Returns:
        What the work answers.

    Raises:
        TimeoutError: The time is up.
        Exception: What the work raised.
    """
    if seconds is None:
        return work()
    results: list[T] = []
    errors: list[Exception] = []

    def guarded(_: object) -> None:
        try:
            results.append(work())
        except Exception as error:
            errors.append(error)

    if seconds > 0:
        run_all(guarded, [None], seconds)
    if errors:
        raise errors[0]
    if not results:
        raise TimeoutError(f"no answer within the {seconds:.1f} s that {what} may take")
    return results[0]
