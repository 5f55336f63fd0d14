"""Defines `Idempotency`: how calls are identified, where their completion is recorded, and for how long."""

from __future__ import annotations

from collections.abc import Callable

from redrive.core import Permanent
from redrive.core.frozen import Frozen, check_methods, check_type
from redrive.settings.base import check_own_name, check_settings
from redrive.settings.idempotency import IdempotencySettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from dataclasses import KW_ONLY
    from typing import Any, Literal, TypeAlias

    from redrive.idempotency.stores import IdempotencyStore


if TYPE_CHECKING:
    #: A JMESPath expression, or a function of the record or of the call's arguments.
    Key: TypeAlias = str | Callable[..., object]
    OnMissingKey = Literal["fail", "run"]
    AfterError = Literal["release", "keep"]

    class _Errors:
        """The type of a field that takes a class of errors, or several as a tuple, and gives a tuple."""

        def __init__(self, default: type[BaseException]) -> None: ...
        def __get__(self, record: object, kind: object) -> tuple[type[BaseException], ...]: ...
        def __set__(self, record: object, value: type[BaseException] | tuple[type[BaseException], ...]) -> None: ...

else:

    def _Errors(default):  # noqa: N802
        return default


class Serializer(Frozen):
    """Converts results to JSON values and back, for types that JSON does not have.

    For pydantic: `Serializer(lambda order: order.model_dump(mode="json"), Order.model_validate)`. For a dataclass:
    `Serializer(dataclasses.asdict, lambda fields: Order(**fields))`.

    Attributes:
        dump: Converts a result to a value that JSON has.
        load: Converts that value back to a result.
    """

    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]


class Idempotency(Frozen):
    """Keeps a function from running twice for the same call. Immutable; `replace(…)` makes a changed copy.

    A call runs once per key, for as long as the key's record is valid: another call with the same key does not run, and
    gets the stored result. Pass this object to `@idempotent`, `@sqs_handler`, `@kinesis_handler`,
    `@dynamodb_stream_handler` or `@async_handler`. `docs/guarantees.md` says what is guaranteed, and under which
    assumptions.

    Args:
        name: Selects one of the tables that constructs have configured for the function: the id of the
            `IdempotencyTable`. Default: the only one.
        key: Identifies a call: a JMESPath expression of the payload, or a function. For records of a source, the
            function is called with the record; otherwise with the call's arguments, except Lambda's context. Default:
            for SQS, the deduplication id or, in a standard queue, the message's body, with its message group if it has
            one; for streams, the record's place in its shard; for asynchronous events, the request id; for any other
            function, all its arguments, with `self` if it is a value, such as a frozen dataclass. A function whose
            first parameter is called `self` is called with a method's object, too.
        missing_key: What to do if the key has no value, or one of the values that it selects is missing. `"fail"`:
            raise `MissingKey`, a permanent failure. `"run"`: run the function without idempotency. Default: `"fail"`.
        payload: What must be the same for the same key, as a path or a function like `key`. If it differs,
            `PayloadMismatch` is raised. Default: nothing is compared.
        prefix: Text before each key, at most 1,024 bytes. Functions of different names have different keys without
            it; different functions of the same name, such as two products of a factory, each need one.
        expiry: Seconds for which a completion is remembered. Default: the construct's value, otherwise 3,600.
        lease: Seconds for which a claim is valid outside Lambda, or in a thread that does not know Lambda's context;
            one of more than 40 s is renewed as long as the call runs. In a durable execution, seconds for which its
            claims are valid, also while it is suspended. Otherwise, a claim is valid until the invocation's own
            deadline. Default: 900, the longest timeout of a function; in a durable execution, `expiry`.
        clock_skew: Seconds by which the clocks of two machines may differ. A claim is taken over only this long after
            its end. Default: 1.
        replay: Errors that are recorded and raised again as `FailedBefore`, instead of running the call again. Default:
            `Permanent`.
        after_error: What to do with the claim after any other error. `"release"`: the next call runs. `"keep"`: a call
            runs once the claim has expired. Default: `"release"`.
        serializer: Converts results to JSON values and back. Default: results are stored as they are.
        when_not_kept: Called with the call's arguments if the call was completed before but its result is not stored,
            because it is too large or not JSON. It returns the result. Default: `ResultNotKept` is raised.
        cache: Number of results of completed calls that this process keeps as well. Default: 0.
        like_powertools: Whether keys and hashes are the ones that Powertools makes by default, so that calls which
            Powertools has completed are known here, and vice versa. Default: `False`.
        settings: Values in place of the construct's, or where there is no construct.
        store: Keeps the records instead of the table, such as a `MemoryStore`.

    Raises:
        ValueError: A value is outside its range.
        TypeError: `key`, `payload` or `when_not_kept` is an `async def` function, or a value has the wrong type.
    """

    name: str | None = None
    _: KW_ONLY
    key: Key | None = None
    missing_key: OnMissingKey = "fail"
    payload: Key | None = None
    prefix: str = ""
    expiry: float | None = None
    lease: float | None = None
    clock_skew: float = 1.0
    replay: _Errors = _Errors(Permanent)
    after_error: AfterError = "release"
    serializer: Serializer | None = None
    when_not_kept: Callable[..., object] | None = None
    cache: int = 0
    like_powertools: bool = False
    settings: IdempotencySettings | None = None
    store: IdempotencyStore | None = None

    def _check(self) -> None:
        check_own_name("name", self.name, "the id of the IdempotencyTable")
        check_type("prefix", self.prefix, str, "a text")
        for what, number in (("expiry", self.expiry), ("lease", self.lease), ("clock_skew", self.clock_skew)):
            check_type(what, number, (int, float), "a number of seconds")
        if self.missing_key not in ("fail", "run"):
            raise ValueError(f"missing_key={self.missing_key!r}: give 'fail' or 'run'")
        if self.after_error not in ("release", "keep"):
            raise ValueError(f"after_error={self.after_error!r}: give 'release' or 'keep'")
        for what, value in (("expiry", self.expiry), ("lease", self.lease)):
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{what}={value!r}: give a number of seconds above 0, or leave it out")
        if not 0 <= self.clock_skew < float("inf"):
            raise ValueError(f"clock_skew={self.clock_skew!r}: give a number of seconds, 0 or more")
        if not isinstance(self.cache, int) or self.cache < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(
                f"cache={self.cache!r}: how many results are kept in the process is a whole number, 0 or more"
            )
        # A partition key has at most 2,048 bytes, and names and hash need space as well:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
        size = len(self.prefix.encode())
        if size > 1024:
            raise ValueError(f"prefix of {size:,} bytes: a key has room for 1,024; give a shorter one")
        self._check_functions()
        errors = self.replay if isinstance(self.replay, tuple) else (self.replay,)  # pyright: ignore[reportUnnecessaryIsInstance]
        if not all(isinstance(each, type) and issubclass(each, BaseException) for each in errors):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"replay={self.replay!r}: give a class of errors, or several as a tuple")
        self._set(replay=errors)
        if not (self.serializer is None or isinstance(self.serializer, Serializer)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"serializer={self.serializer!r}: give a Serializer(dump, load)")
        check_settings(self.settings, IdempotencySettings)
        check_methods(
            "store",
            self.store,
            ("claim", "end"),
            "give a MemoryStore(), a DynamoDBStore(table), or an IdempotencyStore of your own",
        )

    def _check_functions(self) -> None:
        if self.key is self.payload is self.when_not_kept is None:
            return
        from redrive.core.callables import is_async

        for what, function in (("key", self.key), ("payload", self.payload), ("when_not_kept", self.when_not_kept)):
            if callable(function) and is_async(function):
                raise TypeError(f"{what}={function!r} is an `async def` function, and is called without being awaited")
            if not (function is None or callable(function) or (isinstance(function, str) and what != "when_not_kept")):  # pyright: ignore[reportUnnecessaryIsInstance]
                path = "" if what == "when_not_kept" else "a JMESPath expression such as 'order.id', or "
                raise TypeError(f"{what}={function!r}: give {path}a function")
