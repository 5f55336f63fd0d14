"""Checks the options of a batch handler, and runs its function over the lanes of a batch.

A lane is an iterator whose records run one after the other; after each, it decides from the outcome if it goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping

from redrive.core.callables import check_callbacks, check_function, is_async, is_generator, name_like, takes_arguments
from redrive.core.frozen import check_type
from redrive.core.system import dropped, running
from redrive.handlers import Completion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Protocol, TypeVar

    from redrive.failures.classification import Classify

    R = TypeVar("R")
    T = TypeVar("T")

    class Guard(Protocol):
        """Decides which records of a batch run, such as idempotency."""

        def around(self, call: Callable[[Any], Any], *, is_async: bool) -> Callable[[Any], Any]:
            """Wrap a call of the user's function so that it happens only for the records that may run."""
            ...

        def close(self) -> Iterable[tuple[Any, BaseException]]:
            """End the guard's work, and return the records that have failed in it."""
            ...


_ARGUMENTS = {1: "a record", 2: "a record and its tumbling window"}
_PRONOUNS = {1: "that", 2: "both"}


def check_options(
    function: Callable[..., Any],
    *,
    concurrency: int,
    deadline_margin: float | None,
    callbacks: Mapping[str, Callable[..., Any] | None],
    decorator: str,
    arguments: int = 1,
    records: str,
    outcome: str,
) -> None:
    """Raise `ValueError` or `TypeError` for options with which the handler could not work.

    Args:
        function: The user's function.
        concurrency: Number of records that run at a time.
        deadline_margin: Seconds left to answer in.
        callbacks: Functions by option name, called without being awaited.
        decorator: The name of the decorator, for error messages.
        arguments: The number of arguments for the function, Lambda's context not counted.
        records: The word for records in error messages, in the plural.
        outcome: The consequence of a function that does nothing, for error messages.
    """
    check_function(function, decorator)
    if not isinstance(concurrency, int) or isinstance(concurrency, bool) or concurrency < 1:  # pyright: ignore[reportUnnecessaryIsInstance]
        raise ValueError(
            f"concurrency={concurrency!r}: how many {records} run at a time is a whole number; give 1 or more"
        )
    check_type("deadline_margin", deadline_margin, (int, float), "a number of seconds")
    if deadline_margin is not None and not 0 <= deadline_margin < float("inf"):
        raise ValueError(
            f"deadline_margin={deadline_margin}: the margin is the seconds left to answer in, 0 or more; "
            "leave it out for one that fits the invocation"
        )
    if is_generator(function):
        raise TypeError(
            f"{function!r} is a generator function: calling it runs none of it, and {outcome}; take the `yield` out"
        )
    if not takes_arguments(function, arguments) and not takes_arguments(function, arguments + 1):
        raise TypeError(
            f"{function!r} does not take {_ARGUMENTS[arguments]}: it is called with {_PRONOUNS[arguments]}, and with "
            "Lambda's context if it has one more parameter without a default"
        )
    check_callbacks(callbacks)


class BatchHandler:
    """Keeps the options that handlers for queues and streams share.

    Attributes:
        function: The decorated function. Tests can call it with a record.
    """

    def __init__(
        self,
        function: Callable[..., Any],
        *,
        parse: Callable[[Any], object] | None,
        classify: Classify | None,
        concurrency: int,
        deadline_margin: float | None,
        describe: Callable[[BaseException], str] | None,
        has_settings: bool,
    ) -> None:
        self.function: Callable[..., Any] = function
        self._parse = parse
        self._classify = classify
        self._concurrency = concurrency
        self._margin = deadline_margin
        self._describe = describe
        # The sources whose unknown settings were logged; `None`: settings were given in code.
        self._named: set[str] | None = None if has_settings else set()
        self._is_async = is_async(function)
        self._completion = Completion(function)
        name_like(self, function)


def run_batch(
    lanes: Iterable[Iterator[R]],
    function: Callable[[R], Any],
    failed: Callable[[R, BaseException], object],
    *,
    workers: int,
    is_async: bool,
    completion: Completion,
    guard: Guard | None,
) -> None:
    """Run a function of any kind over all lanes, within a guard if there is one."""
    if is_async:
        function = _completing(function, completion.awaited)
    elif guard is not None:
        function = _completing(function, completion.of)
    if guard is not None:
        function = guard.around(function, is_async=is_async)
    try:
        if is_async:
            completion.run(run_async(lanes, function, failed, workers))
        else:
            run(lanes, function, failed, workers, completion.of)
    finally:
        undone = () if guard is None else guard.close()  # also if the run is stopped: it has a thread, and claims
    for record, error in undone:
        failed(record, error)


def _completing(function: Callable[[R], Any], complete: Callable[[Any], Any]) -> Callable[[R], Any]:
    return lambda record: complete(function(record))


def run(
    lanes: Iterable[Iterator[R]],
    function: Callable[[R], Any],
    failed: Callable[[R, BaseException], object],
    workers: int,
    complete: Callable[[Any], object],
) -> None:
    """Run a plain function.

    Args:
        lanes: Iterators that are independent of each other.
        function: Called with each record.
        failed: Called with each record whose function raised, and the error. Must not raise.
        workers: Number of lanes that run at a time: 1 in this thread, more in threads.
        complete: Called with each result other than `None`, and where coroutines were dropped; raises if the work of
            the call is not done.
    """
    left: list[BaseException] = []

    def drive(lane: Iterator[R]) -> None:
        for record in lane:
            if left:
                return
            running.set(record)
            try:
                result = function(record)
                if result is not None or dropped:
                    complete(result)  # until awaited, an `async def` function has not run
            except Exception as error:
                failed(record, error)
                if dropped:
                    from redrive.core.coroutines import forget_dropped

                    forget_dropped()  # by the record that has failed
            except BaseException as error:
                if _leaves_handler(error):  # such as Ctrl-C, which stops the whole run
                    left.append(error)
                    raise
                failed(record, error)

    if workers == 1:
        before = running.set(None)
        try:
            for lane in lanes:
                drive(lane)
        finally:
            running.reset(before)  # what this thread calls later does not belong to the last record
        return
    from concurrent.futures import ThreadPoolExecutor

    from redrive.core.parallel import spread

    with ThreadPoolExecutor(workers, thread_name_prefix="redrive") as pool:
        futures, _ = spread(pool, workers, drive, lanes)
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
        lanes: Iterators that are independent of each other.
        function: Called with each record.
        failed: Called, in a thread, with each record whose function raised, and the error. Must not raise.
        workers: Number of lanes that run at a time.
    """
    import asyncio

    from redrive.core.parallel import in_thread

    waiting = iter(lanes)
    left: list[BaseException] = []

    async def outcome(record: R) -> BaseException | None:
        running.set(record)
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
                    # A separate task, so that a record that cancels its task does not cancel the worker.
                    error = await asyncio.create_task(outcome(record))
                except asyncio.CancelledError as cancelled:  # in its last step, so there is no outcome
                    error = cancelled
                if worker is not None and worker.cancelling():
                    raise asyncio.CancelledError
                if error is not None and not isinstance(error, Exception) and _leaves_handler(error):
                    left.append(error)
                if left:
                    return
                if error is not None:
                    await in_thread(failed, record, error)  # may call AWS, which must not block the loop

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work()) for _ in range(workers)]
    for worker in tasks:
        worker.result()  # a task group ignores a cancelled task, whose record then has no outcome
    if left:
        raise left[0]


def _leaves_handler(error: BaseException) -> bool:
    from redrive.failures.interruption import leaves_handler  # nearly no error needs it

    return leaves_handler(error)


def guarded(work: Callable[[], T], instead: Callable[[], T]) -> T:
    """Return the result of work on failures; if it fails itself, log that, and return the result of `instead`."""
    try:
        return work()
    except KeyboardInterrupt:
        raise
    except BaseException as broken:
        from redrive.core.log import described, frames, warn

        warn(
            "redrive.failure_not_handled",
            error=described(broken),
            error_type=type(broken).__name__,
            frames=frames(broken),
            outcome="what has failed is retried",
        )
        return instead()
