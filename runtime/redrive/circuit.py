"""`CircuitBreaker`: a dependency that is down is left alone until it is back."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial, wraps

from redrive.circuit_guard import CircuitCall
from redrive.circuit_member import Member
from redrive.circuit_policy import CircuitPolicy, policy_of
from redrive.circuit_store import CircuitStore, LocalCircuits, stores
from redrive.functions import is_async, is_generator
from redrive.settings import CircuitSettings, read_circuit, variable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ParamSpec, TypeVar, overload

    from redrive.circuit_event import CircuitEvent
    from redrive.circuit_knowledge import OnStoreFailure
    from redrive.circuit_state import CircuitState

    P = ParamSpec("P")
    T = TypeVar("T")

__all__ = ["CircuitBreaker"]

_CACHE_AGE = 5.0
_UNASKED = 0.05


class CircuitBreaker:
    """Stops calling a dependency that keeps failing, and finds out when it is back. Make it once, at module level.

        payments = CircuitBreaker("Payments")

        @payments
        def charge(order): ...

    *Closed*: each call is let through, and failures are counted. *Open*: no call is let through, each raises
    `CircuitOpen`. *Half-open*, when the open time is over: one call at a time is let through as a probe; when enough of
    them have succeeded the circuit is closed, and when one fails it opens again, for longer.

    Threads and tasks may share it. With a shared store, the execution environments are members of one circuit: their
    failures count together, one of them probes at a time, and probes of any of them close it. A success in a closed
    circuit writes nothing. A member reads the state at most once in `cache_age`, before a call, and not at all while it
    knows that the open time lasts. So a circuit that another member has opened is seen after `cache_age` at the latest,
    except for the calls that `unasked` lets through.

    Args:
        name: The circuit's name. With a construct, the `CircuitBreaker`'s id; default: the only one there is.
        policy: When it opens and closes. Default: what the construct was told, else `CircuitPolicy()`.
        counts: Decides whether an error, of any kind, is a failure of the dependency. One that is none says nothing,
            neither way. Default: each `Exception` is, but for `Permanent`, which is the event's own fault, and
            `CircuitOpen`.
        store: Where the state is kept. Default: in the DynamoDB table that the construct or `settings` name. Where no
            construct has named any for this function, the state is in this process: `LocalCircuits()`.
        on_store_failure: What the circuit counts as while its state cannot be read or written: `"closed"`, calls are
            let through; `"open"`, they are not. The store is then asked again after `cache_age`, of a second at the
            least. An open time that is known is kept to in either case. Default: `"closed"`.
        cache_age: Seconds for which a circuit that was found closed is not read again. Default: 5.
        unasked: The share of calls that are made without reading the state again after that, if it was found closed and
            without failures in the last five minutes. It makes up for the requests that failures and probes take; in an
            outage that share of the members makes one call more. 0: none. Default: 0.05.
        on_event: Told of each change of state, each call not let through, and each failure of the store, as a
            `CircuitEvent`. What it raises is logged and changes nothing.
        settings: What no construct has told, such as `CircuitSettings(table="circuits")`. What is given here wins.

    Raises:
        TypeError: `counts` or `on_event` is an `async def` function.
        ValueError: An argument outside of its range.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        policy: CircuitPolicy | None = None,
        counts: Callable[[BaseException], bool] | None = None,
        store: CircuitStore | None = None,
        on_store_failure: OnStoreFailure = "closed",
        cache_age: float | None = None,
        unasked: float = _UNASKED,
        on_event: Callable[[CircuitEvent], object] | None = None,
        settings: CircuitSettings | None = None,
    ) -> None:
        if on_store_failure not in ("closed", "open"):
            raise ValueError(f"on_store_failure={on_store_failure!r}: give 'closed' or 'open'")
        if cache_age is not None and not 0 <= cache_age < float("inf"):
            raise ValueError(f"cache_age={cache_age!r} s: give a number of seconds, 0 or more")
        if not 0 <= unasked <= 1:
            raise ValueError(f"unasked={unasked!r}: the share of calls made without asking; give 0 to 1")
        for argument, callback in (("counts", counts), ("on_event", on_event)):
            if callback is not None and is_async(callback):
                raise TypeError(f"{argument}={callback!r} is an `async def` function, and is called without await")
        self._name = name
        self._policy = policy
        self._counts = counts
        self._store = store
        self._on_store_failure: OnStoreFailure = on_store_failure
        self._cache_age = cache_age
        self._unasked = unasked
        self._on_event = on_event
        self._given = settings or CircuitSettings()
        self._member: Member | None = None
        self._factory: Callable[[str], CircuitStore] | None = None

    if TYPE_CHECKING:

        @overload
        def __call__(self, function: Callable[P, T], /) -> Callable[P, T]: ...

        @overload
        def __call__(
            self, function: None = None, /, *, fallback: Callable[P, T]
        ) -> Callable[[Callable[P, T]], Callable[P, T]]: ...

    def __call__(
        self, function: Callable[..., Any] | None = None, /, *, fallback: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        """Protect a function: `@payments`, or `@payments(fallback=from_cache)`.

        Args:
            function: The function that calls the dependency, plain or `async def`.
            fallback: Called with the same arguments instead of raising `CircuitOpen`; what it returns is the call's
                result. It is `async def` where the function is.

        Returns:
            A function of the same signature that raises `CircuitOpen` while the circuit is open.

        Raises:
            TypeError: A generator function, or a fallback of the other kind.
        """
        if function is None:
            return partial(self._protected, fallback=fallback)
        return self._protected(function)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function if the circuit lets it through. With an `async def` function, await the result.

        Args:
            function: The function that calls the dependency.
            *args: Its arguments.
            **kwargs: Its keyword arguments.

        Returns:
            What it returns.

        Raises:
            CircuitOpen: The circuit is open; the function was not called.
            Exception: What the function raises.
            SettingsError: What a construct has written cannot be read, or names other circuits only.
        """
        return self(function)(*args, **kwargs)

    def guard(self) -> CircuitCall:
        """One call, as a context manager: `with payments.guard(): …`, or `async with`.

        Returns:
            The context manager, to be entered once. What leaves the block as an error is what the call raised.
        """
        return CircuitCall(self._joined(), self._counts)

    def open_for(self) -> float | None:
        """Seconds until a call may be let through again, as far as is known without a request.

        Returns:
            `None` where the next call may be let through; it may have to ask first.
        """
        return self._joined().open_for()

    def read(self) -> CircuitState:
        """The state as it is now, from the store; for tests and for a look at it.

        Returns:
            The state. `state.status(now)` says whether it is closed, open or half-open.

        Raises:
            Exception: What the store raises.
        """
        return self._joined().read()

    def _protected(
        self, function: Callable[..., Any], fallback: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        if is_generator(function):
            raise TypeError(
                f"{function!r} is a generator function: calling it runs none of it, and each call would count as a "
                "success; use `with breaker.guard():` inside of it"
            )
        if is_async(function):
            if fallback is not None and not is_async(fallback):
                raise TypeError(f"fallback={fallback!r} is plain and {function!r} is `async def`: make both the same")

            @wraps(function)
            async def protected_async(*args: Any, **kwargs: Any) -> Any:
                call = self.guard()
                refused = await call.begin_async()
                if refused is None:
                    async with call:
                        return await function(*args, **kwargs)
                if fallback is None:
                    raise refused
                return await fallback(*args, **kwargs)

            return protected_async
        if fallback is not None and is_async(fallback):
            raise TypeError(f"fallback={fallback!r} is `async def` and {function!r} is plain: make both the same")

        @wraps(function)
        def protected(*args: Any, **kwargs: Any) -> Any:
            call = self.guard()
            refused = call.begin()
            if refused is None:
                with call:
                    return _result(function, function(*args, **kwargs))
            if fallback is None:
                raise refused
            return fallback(*args, **kwargs)

        return protected

    def _joined(self) -> Member:
        member, factory = self._member, stores.get()
        if member is None or (self._factory is not None and self._factory is not factory):
            settings = self._settings()
            name = self._name or settings.name
            if not name:
                raise ValueError(f"name={self._name!r}: give the circuit a name, such as CircuitBreaker('Payments')")
            store = self._store
            if store is None:
                store = LocalCircuits() if settings.table is None else factory(settings.table)
                # One that was put in its place for a test, or a simulation, is asked anew.
                self._factory = factory
            cache_age = self._cache_age if self._cache_age is not None else settings.cache_age
            member = self._member = Member(
                name,
                store,
                self._policy or policy_of(settings),
                cache_age=_CACHE_AGE if cache_age is None else cache_age,
                unasked=self._unasked,
                on_store_failure=self._on_store_failure,
                on_event=self._on_event,
            )
        return member

    def _settings(self) -> CircuitSettings:
        settings = self._given
        # Without any construct the state is in this process; with one, a name that it does not know is a mistake.
        if self._store is None and settings.table is None and variable(CircuitSettings, 1) in os.environ:
            settings = settings.over(read_circuit(os.environ, self._name or settings.name))
        return settings


def _result(function: Callable[..., Any], result: Any) -> Any:
    if hasattr(result, "__await__"):
        if hasattr(result, "close"):
            result.close()  # it will never be awaited
        raise TypeError(
            f"{function!r} is no `async def` function and returned an awaitable, which would count as a success before "
            "it was awaited: make it `async def`, or use `async with breaker.guard():`"
        )
    return result
