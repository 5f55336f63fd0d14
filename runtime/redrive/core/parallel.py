"""Runs AWS calls concurrently and with a time limit, so that a large batch gets its response in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextvars import copy_context
from threading import Thread

from redrive.core.system import Seam

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor
    from typing import Any, TypeVar

    T = TypeVar("T")

# boto3 keeps ten connections per client: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html
_MOST = 8


def _in_threads(work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
    from concurrent.futures import ThreadPoolExecutor, wait

    pool = ThreadPoolExecutor(_MOST)
    futures, waiting = spread(pool, _MOST, work, items)
    wait(futures, timeout)
    # Wait no longer: a call that hangs, or a client that takes seconds to make, would fail the whole batch.
    waiting.clear()
    pool.shutdown(wait=False, cancel_futures=True)


def spread(
    pool: ThreadPoolExecutor, workers: int, work: Callable[[Any], object], items: Iterable[Any]
) -> tuple[list[Future[None]], deque[Any]]:
    """Run work on items in threads of a pool; in this thread if no more can be started.

    Returns:
        The futures of the threads' work, and the items that none has taken yet.
    """
    # Each item gets a copy of the context variables, so that tracing assigns its calls to this invocation.
    waiting = deque((copy_context(), item) for item in items)

    def take() -> None:
        while waiting:
            try:
                context, item = waiting.popleft()
            except IndexError:  # another thread has taken the last one
                return
            context.run(work, item)

    futures: list[Future[None]] = []
    try:
        for _ in range(min(workers, len(waiting))):
            futures.append(pool.submit(take))  # noqa: PERF401 - those that were started count, also if the next is not
    except RuntimeError:  # no more threads are allowed
        take()
    return futures, waiting


async def in_thread(work: Callable[..., T], *arguments: Any) -> T:
    """Return the result of work, done in a thread; in this one, which blocks the event loop, if none can be started."""
    from asyncio import get_running_loop, wrap_future
    from concurrent.futures import Future

    done: Future[T] = Future()
    turn = [copy_context()]

    def take() -> None:
        # Once: an executor that fails to start a thread has the work in its queue, and may do it later.
        try:
            context = turn.pop()
        except IndexError:
            return
        if not done.set_running_or_notify_cancel():
            return
        try:
            done.set_result(context.run(work, *arguments))
        except BaseException as error:
            done.set_exception(error)

    try:
        get_running_loop().run_in_executor(None, take)
    except RuntimeError:  # no more threads are allowed
        take()
    return await wrap_future(done)


#: Runs work on each item. The simulator runs the items one after the other, so that every run is the same.
runner: Seam[Callable[[Callable[[Any], None], Sequence[Any], float | None], None]] = Seam(_in_threads)


def _in_thread(work: Callable[[], None]) -> None:
    # A daemon: a call that hangs must not prevent the process from ending.
    Thread(target=copy_context().run, args=(work,), name="redrive", daemon=True).start()


#: Starts work in the background. `None`: no background, the caller does the work in turn, as in the simulator.
background: Seam[Callable[[Callable[[], None]], None] | None] = Seam(_in_thread)


def _repeat(seconds: float, work: Callable[[], float | None]) -> Callable[[], object]:
    from redrive.core.repeating import repeat

    return repeat(seconds, work)


#: Calls work in the background after some seconds, and again after those that it returns, until that is `None`; returns
#: what cancels it. `None`: nothing can run in the background. The simulator calls it in virtual time.
repeater: Seam[Callable[[float, Callable[[], float | None]], Callable[[], object]] | None] = Seam(_repeat)


def run_all(work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
    """Run work on each item, in threads if there are several items or a time limit.

    Args:
        work: Must not raise. It may continue after the time limit, but nothing waits for it.
        items: The items.
        timeout: Seconds, `None` for no limit.
    """
    if len(items) == 1 and timeout is None:
        work(items[0])
    elif items:
        runner.get()(work, items, timeout)


def within(seconds: float | None, work: Callable[[], T], what: str) -> T:
    """Return the result of AWS calls, or raise their error, or `TimeoutError` if the time is up.

    Args:
        seconds: The time limit. `None`: no limit.
        work: Makes the calls. It may continue after the time limit, without effect here.
        what: The purpose of the calls, for the error.
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
