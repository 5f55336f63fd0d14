"""Running a user's function over records that stand in lanes, by one worker or by several.

A lane is an iterator whose records run one after the other; from what was noted of a record it learns whether to go on.
Lanes are independent of each other: that is where several workers help.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, TypeVar

    R = TypeVar("R")


def run(
    lanes: Iterable[Iterator[R]],
    function: Callable[[R], Any],
    failed: Callable[[R, BaseException], object],
    workers: int,
    wait: Callable[[Awaitable[Any]], object],
) -> None:
    """Run a plain function.

    Args:
        lanes: The lanes.
        function: Called with each record.
        failed: Called with each record whose function raised, and the error. Must not raise.
        workers: How many lanes run at a time: 1 in this thread, more in threads.
        wait: Waits for what a plain function around an `async def` one has returned.
    """

    def drive(lane: Iterator[R]) -> None:
        for record in lane:
            try:
                result = function(record)
                if result is not None and hasattr(result, "__await__"):
                    wait(result)  # so far, calling the function has done nothing
            except KeyboardInterrupt:  # someone at a keyboard means the whole run
                raise
            except BaseException as error:  # SystemExit and CancelledError too: this record's failure alone
                failed(record, error)

    if workers == 1:
        for lane in lanes:
            drive(lane)
        return
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(workers, thread_name_prefix="redrive") as pool:
        # A copy of the context each, so that tracing and logging context reach the threads.
        futures = [pool.submit(copy_context().run, drive, lane) for lane in lanes]
        for future in futures:
            future.result()


async def run_async(
    lanes: Iterable[Iterator[R]],
    function: Callable[[R], Awaitable[Any]],
    failed: Callable[[R, BaseException], object],
    workers: int,
) -> None:
    """Run an `async def` function.

    Args:
        lanes: The lanes.
        function: Called with each record.
        failed: Called, in a thread, with each record whose function raised, and the error. Must not raise.
        workers: How many lanes run at a time.
    """
    import asyncio

    waiting = iter(lanes)

    async def outcome(record: R) -> BaseException | None:
        try:
            await function(record)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            return error
        return None

    async def work() -> None:
        worker = asyncio.current_task()
        for lane in waiting:
            for record in lane:
                try:
                    # A task of its own, so that a record which cancels its task does not cancel its worker.
                    error = await asyncio.create_task(outcome(record))
                except asyncio.CancelledError as cancelled:  # with its last step, so that the outcome came to nothing
                    error = cancelled
                if worker is not None and worker.cancelling():
                    raise asyncio.CancelledError
                if error is not None:
                    await asyncio.to_thread(failed, record, error)  # may call AWS, which must not stop the loop

    async with asyncio.TaskGroup() as group:
        running = [group.create_task(work()) for _ in range(workers)]
    for worker in running:
        worker.result()  # a group takes no notice of a task that was cancelled, and its record has no outcome
