"""Runs one call through a circuit breaker, as a context manager."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar

from redrive.circuit.cache import PASS, Admission
from redrive.circuit.errors import CircuitOpen
from redrive.circuit.member import Member
from redrive.core import Permanent
from redrive.core.callables import PLAIN
from redrive.core.system import dropped
from redrive.handlers import Completion

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Self, TypeAlias, TypeVar


if TYPE_CHECKING:
    T = TypeVar("T")

    _Args: TypeAlias = tuple[Any, ...]
    _Kwargs: TypeAlias = dict[str, Any]


# The call that was entered last in this thread or task, or in the code that started it. It stays after its end, when it
# has no admission any more: a task that it started may go on, and a generator may end in another context.
_latest: ContextVar[CircuitCall | None] = ContextVar("redrive_circuit_call", default=None)
# The admission of a call inside another call of the same circuit.
_INNER = Admission()


class CircuitCall:
    """Runs one call through a circuit breaker, as a context manager. `CircuitBreaker.guard` returns it; use it once.

    A call inside another call of the same circuit belongs to the outer one: it is let through, and only the result of
    the outer call counts.

    In `async with`, requests to a store are made in a thread, so they do not block the event loop.
    """

    __slots__ = ("_admission", "_member", "_outer")

    def __init__(self, member: Member) -> None:
        self._member = member
        self._admission: Admission | None = None
        self._outer: CircuitCall | None = None

    @property
    def circuit(self) -> str:
        """The circuit's name."""
        return self._member.circuit

    def begin(self) -> float | None:
        """Check whether the circuit lets the call through, without raising.

        Returns:
            `None` if it does; the block must be entered then. Otherwise the seconds until a call may be let through
            again, the `after` of the `CircuitOpen` that entering would raise.
        """
        outer = _latest.get()
        # Nearly always the ended call before this one, with none around it: then there is nothing to search.
        if outer is not None and (outer._admission or outer._outer) and self._is_inner(outer):
            return None
        member = self._member
        return self._accept(member.admit_from_cache() or member.admit())

    async def begin_async(self) -> float | None:
        """Check whether the circuit lets the call through, without blocking the event loop; see `begin`."""
        if self._is_inner(_latest.get()):
            return None
        return self._accept(self._member.admit_from_cache() or await self._in_thread(self._member.admit))

    def __enter__(self) -> Self:
        """Enter the block if the circuit lets the call through.

        Raises:
            CircuitOpen: The circuit does not let the call through.
        """
        wait = None if self._admission is not None else self.begin()
        if wait is not None:
            raise CircuitOpen(self.circuit, wait)
        _latest.set(self)
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Record the result of the call: a success, or a failure if the error counts as one."""
        if error is None and self._admission is PASS and self._member.succeeded():
            self._admission = None
            return
        work = self._leave(error)
        if work is not None:
            work()

    def run(self, completion: Completion, args: _Args, kwargs: _Kwargs) -> Any:
        """Call a plain function in the block of a call that `begin` has let through."""
        _latest.set(self)
        try:
            result = completion.function(*args, **kwargs)
            if type(result) not in PLAIN or dropped:
                result = completion.of(result)
        except BaseException as error:
            self.__exit__(None, error, None)
            raise
        if self._admission is PASS and self._member.succeeded():  # the usual end, without a further call
            self._admission = None
        else:
            self.__exit__(None, None, None)
        return result

    async def run_async(self, completion: Completion, args: _Args, kwargs: _Kwargs, instead: Completion | None) -> Any:
        """Call an `async def` function in the block, or another one instead if the circuit is open."""
        wait = await self.begin_async()
        if wait is None:
            async with self:
                return await completion.awaited(completion.function(*args, **kwargs))
        if instead is None:
            raise CircuitOpen(self.circuit, wait)
        return await instead.awaited(instead.function(*args, **kwargs))

    async def __aenter__(self) -> Self:
        """Enter the block if the circuit lets the call through.

        Raises:
            CircuitOpen: The circuit does not let the call through.
        """
        wait = None if self._admission is not None else await self.begin_async()
        if wait is not None:
            raise CircuitOpen(self.circuit, wait)
        _latest.set(self)
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        """Record the result of the call: a success, or a failure if the error counts as one."""
        work = self._leave(error)
        if work is not None:
            await self._in_thread(work)

    def _is_inner(self, outer: CircuitCall | None) -> bool:
        """Return True if a call of the same circuit is running around this one, and remember the calls around it."""
        while outer is not None and outer._admission is None:
            outer = outer._outer
        self._outer = outer
        while outer is not None:
            admission = outer._admission
            if admission is not None and admission is not _INNER and outer._member.is_same_circuit(self._member):
                self._admission = _INNER
                return True
            outer = outer._outer
        return False

    def _accept(self, admission: Admission) -> float | None:
        wait = admission.wait
        if wait is None:
            self._admission = admission
        else:
            self._member.publish_rejection(wait)
        return wait

    def _leave(self, error: BaseException | None) -> Callable[[], None] | None:
        admission, self._admission = self._admission, None
        if admission is None or admission is _INNER:  # the block was not entered, or the outer call counts
            return None
        return self._member.record_result(
            admission, error, failed=error is not None and _is_failure(error, self._member.counts)
        )

    async def _in_thread(self, work: Callable[[], T]) -> T:
        if self._member.store.is_local:
            return work()
        from redrive.core.parallel import in_thread

        return await in_thread(work)


def _is_failure(error: BaseException, counts: Callable[[BaseException], bool] | None) -> bool:
    if counts is None:
        kind = type(error)
        if issubclass(kind, (CircuitOpen, Permanent)) or not issubclass(kind, Exception):
            return False
        if not issubclass(kind, ExceptionGroup):
            return True
        from redrive.failures.classification import FailureClass, classify

        return classify(error) is not FailureClass.PERMANENT
    try:
        return counts(error)
    except KeyboardInterrupt:
        raise
    except BaseException as broken:  # the caller must see the error of the call, not this one
        from redrive.core.log import described, warn

        warn("redrive.circuit.counts_failed", error=described(broken), error_type=type(broken).__name__)
        return True
