"""Provides `CircuitBreaker`, which stops calls to a dependency that keeps failing."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import partial, wraps

from redrive.circuit.call import CircuitCall
from redrive.circuit.errors import CircuitOpen
from redrive.circuit.member import Member
from redrive.circuit.policy import CircuitPolicy, policy_of
from redrive.circuit.stores import CircuitStore, LocalCircuits, stores
from redrive.core.callables import check_callbacks, decorated, is_async, is_generator, is_same_method
from redrive.core.frozen import check_methods, check_number, check_type
from redrive.handlers import Completion, EventLoop
from redrive.settings.base import check_own_name, check_settings, variable
from redrive.settings.circuit import CircuitSettings, read_circuit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ParamSpec, TypeVar, overload

    from redrive.circuit.cache import OnStoreFailure
    from redrive.circuit.events import CircuitEvent
    from redrive.circuit.state import CircuitState
    from redrive.failures.backoff import Backoff


if TYPE_CHECKING:
    P = ParamSpec("P")
    T = TypeVar("T")


_CACHE_AGE = 5.0
_UNASKED = 0.05


class CircuitBreaker:
    """Stops calls to a dependency that keeps failing, and detects when it is back. Create it once, at module level.

        payments = CircuitBreaker("Payments")

        @payments
        def charge(order): ...

    *Closed*: every call is let through, and failures are counted. *Open*: no call is let through; each one raises
    `CircuitOpen`. *Half-open*, after the open time: one call at a time is let through as a probe. When enough probes in
    a row have succeeded, the circuit closes. When a probe fails, the circuit opens again, for longer.

    Threads and tasks may share one breaker. With a shared store, all execution environments are members of one circuit:
    their failures are counted together, one member probes at a time, and successful probes of any member close the
    circuit. A success in a closed circuit writes nothing. A member reads the state before a call, at most once per
    `cache_age`, and not at all while it knows that the open time lasts. So a member sees a circuit that another member
    opened after `cache_age` at the latest, except for the calls that `unasked` lets through.

    A call inside another call of the same circuit belongs to the outer one: it is let through, and only the result of
    the outer call counts.

    Args:
        name: The circuit's name. With a construct, the id of the construct `CircuitBreaker`. Default: the only circuit
            that constructs have configured for the function.
        policy: When the circuit opens and closes. Default: the policy configured in the construct, otherwise
            `CircuitPolicy()`.
        failure_threshold: This value of the policy, over that of the construct. So are the next ones, whose names are
            the construct's.
        failure_rate: See `CircuitPolicy`.
        minimum_calls: See `CircuitPolicy`.
        window: See `CircuitPolicy`; in seconds.
        open_time: See `CircuitPolicy`.
        success_threshold: See `CircuitPolicy`.
        lease: See `CircuitPolicy`; in seconds.
        counts: Decides whether an error, of any kind, is a failure of the dependency. An error that does not count is
            neither a failure nor a success. Default: each `Exception` counts, except `Permanent`, which means that the
            event itself is at fault, and `CircuitOpen`.
        store: Keeps the state. Default: the DynamoDB table that the construct or `settings` names. If no construct
            names one for this function, `LocalCircuits()`: the state stays in this process.
        on_store_failure: What to do while the circuit's state cannot be read or written. `"closed"`: continue from the
            last known state, closed if nothing is known, with a state in this process: its own failures open the
            circuit, and one probe at a time is let through after the open time. `"open"`: reject calls. The store is
            asked again after `cache_age`, but not before one second. A known open time is respected in both cases.
            Default: `"closed"`.
        cache_age: Seconds for which a circuit that was found closed is not read again. Default: the construct's value,
            otherwise 5.
        unasked: Share of the calls, from 0 to 1, that do not read the state again after `cache_age`, if the state was
            read in the last five minutes and was closed without failures. This saves the requests that failures and
            probes cost. In an outage, this share of the members makes one more call. 0: none. Default: 0.05.
        on_event: Called with a `CircuitEvent` for each change of state, each rejected call, and each failure of the
            store. An error that it raises is logged and has no other effect.
        settings: Values that no construct has configured, such as `CircuitSettings(table="circuits")`. They take
            precedence over the construct's values.

    Raises:
        TypeError: `counts` or `on_event` is an `async def` function.
        ValueError: An argument is outside its range, or a value of the policy is given besides `policy`.
    """

    def __init__(
        self,
        name: str | None = None,
        *,
        policy: CircuitPolicy | None = None,
        failure_threshold: int | None = None,
        failure_rate: float | None = None,
        minimum_calls: int | None = None,
        window: float | None = None,
        open_time: Backoff | None = None,
        success_threshold: int | None = None,
        lease: float | None = None,
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
        if cache_age is not None:
            check_number("cache_age", cache_age, "a number of seconds, 0 or more")
        check_number("unasked", unasked, "a share from 0 to 1")
        if cache_age is not None and not 0 <= cache_age < float("inf"):
            raise ValueError(f"cache_age={cache_age!r} s: give a number of seconds, 0 or more")
        if not 0 <= unasked <= 1:
            raise ValueError(f"unasked={unasked!r}: the share of calls made without asking; give 0 to 1")
        for argument, callback in (("counts", counts), ("on_event", on_event)):
            if callback is not None and is_async(callback):
                raise TypeError(f"{argument}={callback!r} is an `async def` function, and is called without await")
        check_callbacks({"counts": counts, "on_event": on_event})
        check_own_name("name", name, "the circuit's name")
        check_type("policy", policy, CircuitPolicy, "a CircuitPolicy(…)")
        check_settings(settings, CircuitSettings)
        check_methods("store", store, ("read", "swap"), "give LocalCircuits() or a CircuitStore")
        self._name = name
        self._policy = policy
        self._counts = counts
        self._store = store
        self._on_store_failure: OnStoreFailure = on_store_failure
        self._cache_age = cache_age
        self._unasked = unasked
        self._on_event = on_event
        values: dict[str, Any] = {
            "failure_threshold": failure_threshold,
            "failure_rate": failure_rate,
            "minimum_calls": minimum_calls,
            "window": window,
            "open_time": open_time,
            "success_threshold": success_threshold,
            "lease": lease,
        }
        values = {each: value for each, value in values.items() if value is not None}
        if values and policy is not None:
            raise ValueError(f"policy and {', '.join(values)} are given: the policy has these; give one or the other")
        self._given = settings or CircuitSettings()
        if values:
            CircuitPolicy().replace(**values)  # checks them
            self._given = self._given.replace(**values)
        self._loop = EventLoop()
        self._member: Member | None = None
        self._factory: Callable[[str], CircuitStore] | None = None
        # The function of the last `call`, and whether it is `async def`. One tuple, since threads share it.
        self._called: tuple[Callable[..., Any], Completion, bool] | None = None

    if TYPE_CHECKING:

        @overload
        def __call__(
            self, function: Callable[P, T], /, *, fallback: Callable[P, T] | None = None
        ) -> Callable[P, T]: ...

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
            fallback: Called with the same arguments instead of raising `CircuitOpen`; its return value is the call's
                result. It must be `async def` if the function is.

        Returns:
            A function of the same signature that raises `CircuitOpen` while the circuit is open. What a plain function
            returns is awaited, if it can be; a result that is lazy, unfinished or a failure is a `TypeError`, and a
            failure of the call.

        Raises:
            TypeError: The function is a generator function, or only one of function and fallback is `async def`.
        """
        if function is None:
            return partial(self._decorated, fallback=fallback)
        return self._decorated(function, fallback)

    def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call a function if the circuit lets the call through. With an `async def` function, await the result.

        Args:
            function: The function that calls the dependency.
            *args: Its positional arguments.
            **kwargs: Its keyword arguments.

        Returns:
            The function's return value.

        Raises:
            CircuitOpen: The circuit is open; the function was not called.
            Exception: The function's own error.
            SettingsError: The construct's environment variable cannot be read, or names other circuits only.
        """
        called = self._called
        if called is None or not (called[0] is function or is_same_method(called[0], function)):
            called = self._called = (function, self._completion(function), is_async(function))
        member = self._member
        if member is None or self._factory is not None:
            member = self._join()
        call: Any = CircuitCall(member)
        if called[2]:
            return call.run_async(called[1], args, kwargs, None)
        wait = call.begin()
        if wait is not None:
            raise CircuitOpen(member.circuit, wait)
        return call.run(called[1], args, kwargs)

    def guard(self) -> CircuitCall:
        """Return a context manager for one call: `with payments.guard(): …`, or `async with`.

        Returns:
            The context manager, to be entered once. An error that leaves the block is the error of the call.
        """
        member = self._member
        if member is None or self._factory is not None:
            member = self._join()
        return CircuitCall(member)

    def open_for(self) -> float | None:
        """Return the seconds until a call may be let through again, as far as known without a request.

        Returns:
            Seconds; `None` if the next call may be let through, possibly after a request for the state.
        """
        return self._join().open_for()

    def read(self) -> CircuitState:
        """Read the current state from the store, for tests and inspection.

        Returns:
            The state. `state.status(now)` says whether it is closed, open or half-open.

        Raises:
            Exception: The store's own error.
        """
        return self._join().read()

    def _decorated(self, function: Any, fallback: Callable[..., Any] | None = None) -> Any:
        return decorated(function, lambda inner: self._protected(inner, fallback))

    def _protected(
        self, function: Callable[..., Any], fallback: Callable[..., Any] | None = None
    ) -> Callable[..., Any]:
        completion = self._completion(function)
        if fallback is None:
            instead = None
        elif not callable(fallback):  # pyright: ignore[reportUnnecessaryComparison]
            raise TypeError(f"fallback={fallback!r} is not a function: give one with the arguments of {function!r}")
        elif is_async(fallback) and not is_async(function):
            raise TypeError(f"fallback={fallback!r} is `async def` and {function!r} is plain: make both the same")
        elif is_async(function) and not is_async(fallback):
            raise TypeError(f"fallback={fallback!r} is plain and {function!r} is `async def`: make both the same")
        else:
            instead = Completion(fallback, self._loop)
        if is_async(function):

            @wraps(function)
            async def protected_async(*args: Any, **kwargs: Any) -> Any:
                return await self.guard().run_async(completion, args, kwargs, instead)

            return protected_async

        @wraps(function)
        def protected(*args: Any, **kwargs: Any) -> Any:
            call = self.guard()
            wait = call.begin()
            if wait is None:
                return call.run(completion, args, kwargs)
            if instead is None:
                # Here, since each frame costs time. In a variable, the error would be in a cycle with its traceback.
                raise CircuitOpen(call.circuit, wait)
            return instead.of(instead.function(*args, **kwargs))

        return protected

    def _completion(self, function: Callable[..., Any]) -> Completion:
        if is_generator(function):
            raise TypeError(
                f"{function!r} is a generator function: calling it runs none of it, and each call would count as a "
                "success; use `with breaker.guard():` inside of it"
            )
        return Completion(function, self._loop)

    def _join(self) -> Member:
        member = self._member
        if member is None or (self._factory is not None and self._factory is not stores.get()):
            factory = stores.get()
            settings = self._settings()
            name = self._name or settings.name
            if not name:
                raise ValueError(f"name={self._name!r}: give the circuit a name, such as CircuitBreaker('Payments')")
            store = self._store
            if store is None:
                store = LocalCircuits() if settings.table is None else factory(settings.table)
                # Remembered, so that replacing the factory, in a test or a simulation, makes a new member.
                self._factory = factory
            policy = self._policy or policy_of(settings)
            if isinstance(store, LocalCircuits) and store.is_local:
                from redrive.circuit.in_process import InProcess  # not for a circuit that is shared

                self._member = InProcess(name, store, policy, counts=self._counts, on_event=self._on_event)
                return self._member
            cache_age = self._cache_age if self._cache_age is not None else settings.cache_age
            member = self._member = Member(
                name,
                store,
                policy,
                cache_age=_CACHE_AGE if cache_age is None else cache_age,
                unasked=self._unasked,
                on_store_failure=self._on_store_failure,
                counts=self._counts,
                on_event=self._on_event,
            )
        return member

    def _settings(self) -> CircuitSettings:
        settings = self._given
        # Without a construct, the state stays in this process. With one, a name that it does not know is an error.
        if self._store is None and settings.table is None and variable(CircuitSettings, 1) in os.environ:
            settings = settings.over(read_circuit(os.environ, self._name or settings.name))
        return settings
