"""`Idempotency`: how calls are told apart, where it is kept that they were done, and for how long."""

from __future__ import annotations

from collections.abc import Callable

from redrive.errors import Permanent
from redrive.frozen import Frozen
from redrive.functions import is_async
from redrive.settings import IdempotencySettings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal, TypeAlias

    from redrive.idempotency_stores import IdempotencyStore

    #: A JMESPath expression, or a function of the record, or of the call's arguments.
    Key: TypeAlias = str | Callable[..., object]
    OnMissingKey = Literal["fail", "run"]
    AfterError = Literal["release", "keep"]

# A function may take so long: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
_LONGEST_FUNCTION = 900.0


class Serializer(Frozen):
    """How results become JSON and come back from it, for those that JSON does not have.

    For pydantic: `Serializer(lambda order: order.model_dump(mode="json"), Order.model_validate)`. For a dataclass:
    `Serializer(dataclasses.asdict, lambda fields: Order(**fields))`.

    Attributes:
        dump: Makes of a result something that JSON has.
        load: Makes a result of that again.
    """

    __slots__ = ("dump", "load")
    dump: Callable[[Any], Any]
    load: Callable[[Any], Any]

    def __init__(self, dump: Callable[[Any], Any], load: Callable[[Any], Any]) -> None:
        self._set(dump=dump, load=load)


class Idempotency(Frozen):
    """How one function's calls are kept from being done twice. Immutable; `replace(…)` makes a varied one.

    What is done under a key is done once for as long as its record counts: a call with the same key is not run again,
    and gets the stored result. Hand it to `@idempotent`, `@sqs_handler`, `@kinesis_handler`, `@dynamodb_stream_handler`
    or `@async_handler`. `docs/guarantees.md` says what is guaranteed, and under which assumptions.

    Args:
        name: Which of the tables that constructs have set up for the function: the `IdempotencyTable`'s id. Default:
            the only one.
        key: What tells one call from another: a JMESPath expression of the payload, or a function. For records of a
            source it is called with the record; else with the call's arguments, but for Lambda's context. Default: for
            SQS the deduplication id or, in a standard queue, the message's body, with its message group if it has one;
            for streams the record's place in its shard; for asynchronous events the request id; for any other function
            all its arguments.
        missing_key: What to do where the key has no value. `"fail"`: `MissingKey`, a permanent failure. `"run"`: the
            function runs, without being kept from running twice. Default: `"fail"`.
        payload: What must be the same under the same key, as `key` is given; `PayloadMismatch` where it is not.
            Default: nothing is compared.
        prefix: Stands before each key, at most 1,024 bytes. Keys are apart by function name without it.
        expiry: For how many seconds it is remembered that a call was done. Default: what the construct has set up, else
            3,600.
        lease: For how many seconds a claim holds outside Lambda, or in a thread that does not know Lambda's context.
            Else it holds until the invocation's own deadline. Default: 900, the longest that a function may take.
        clock_skew: By how many seconds the clocks of two machines may differ. A claim is only taken over so long after
            its end. Default: 1.
        replay: Errors that are recorded and raised again as `FailedBefore`, instead of running once more. Default:
            `Permanent`.
        after_error: What becomes of the claim after any other error. `"release"`: the next call runs. `"keep"`: it runs
            once the claim has expired. Default: `"release"`.
        serializer: How results become JSON. Default: as they are.
        when_not_kept: Called with the call's arguments where it was done and its result is not stored, for it is too
            large or no JSON: says what to return. Default: `ResultNotKept` is raised.
        cache: How many results of completed calls are kept in this process as well. Default: none.
        like_powertools: Whether keys and hashes are those that Powertools makes by default, so that calls which it has
            done are known here, and the other way round. Default: no.
        settings: What the construct would have told the function, and what is to differ from it.
        store: Keeps the records, in the place of the table, such as a `MemoryStore`.

    Raises:
        ValueError: A value outside of its range.
        TypeError: `key`, `payload` or `when_not_kept` is an `async def` function, or a value is not of its kind.
    """

    __slots__ = (
        "after_error",
        "cache",
        "clock_skew",
        "expiry",
        "key",
        "lease",
        "like_powertools",
        "missing_key",
        "name",
        "payload",
        "prefix",
        "replay",
        "serializer",
        "settings",
        "store",
        "when_not_kept",
    )
    name: str | None
    key: Key | None
    missing_key: OnMissingKey
    payload: Key | None
    prefix: str
    expiry: float | None
    lease: float
    clock_skew: float
    replay: tuple[type[BaseException], ...]
    after_error: AfterError
    serializer: Serializer | None
    when_not_kept: Callable[..., object] | None
    cache: int
    like_powertools: bool
    settings: IdempotencySettings | None
    store: IdempotencyStore | None

    def __init__(
        self,
        name: str | None = None,
        *,
        key: Key | None = None,
        missing_key: OnMissingKey = "fail",
        payload: Key | None = None,
        prefix: str = "",
        expiry: float | None = None,
        lease: float = _LONGEST_FUNCTION,
        clock_skew: float = 1.0,
        replay: type[BaseException] | tuple[type[BaseException], ...] = Permanent,
        after_error: AfterError = "release",
        serializer: Serializer | None = None,
        when_not_kept: Callable[..., object] | None = None,
        cache: int = 0,
        like_powertools: bool = False,
        settings: IdempotencySettings | None = None,
        store: IdempotencyStore | None = None,
    ) -> None:
        if missing_key not in ("fail", "run"):
            raise ValueError(f"missing_key={missing_key!r}: give 'fail' or 'run'")
        if after_error not in ("release", "keep"):
            raise ValueError(f"after_error={after_error!r}: give 'release' or 'keep'")
        for what, value in (("expiry", expiry), ("lease", lease)):
            if value is not None and not 0 < value < float("inf"):
                raise ValueError(f"{what}={value!r}: give a number of seconds above 0, or leave it out")
        if not 0 <= clock_skew < float("inf"):
            raise ValueError(f"clock_skew={clock_skew!r}: give a number of seconds, 0 or more")
        if not isinstance(cache, int) or cache < 0:  # pyright: ignore[reportUnnecessaryIsInstance]
            raise ValueError(f"cache={cache!r}: how many results are kept in the process is a whole number, 0 or more")
        # A partition key may have 2,048 bytes, and names and hash need room as well:
        # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
        if len(prefix.encode()) > 1024:
            raise ValueError(f"prefix of {len(prefix.encode()):,} bytes: a key has room for 1,024; give a shorter one")
        for what, function in (("key", key), ("payload", payload), ("when_not_kept", when_not_kept)):
            if callable(function) and is_async(function):
                raise TypeError(f"{what}={function!r} is an `async def` function, and is called without being awaited")
            if not (function is None or callable(function) or (isinstance(function, str) and what != "when_not_kept")):  # pyright: ignore[reportUnnecessaryIsInstance]
                path = "" if what == "when_not_kept" else "a JMESPath expression such as 'order.id', or "
                raise TypeError(f"{what}={function!r}: give {path}a function")
        errors = replay if isinstance(replay, tuple) else (replay,)
        if not all(isinstance(each, type) and issubclass(each, BaseException) for each in errors):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"replay={replay!r}: give a class of errors, or several as a tuple")
        if not (serializer is None or isinstance(serializer, Serializer)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"serializer={serializer!r}: give a Serializer(dump, load)")
        if not (settings is None or isinstance(settings, IdempotencySettings)):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(f"settings={settings!r}: give IdempotencySettings(table=…)")
        if not (store is None or (hasattr(store, "claim") and hasattr(store, "end"))):
            raise TypeError(
                f"store={store!r} has no `claim` and `end`: give a MemoryStore(), a DynamoDBStore(table), or an "
                "IdempotencyStore of your own"
            )
        self._set(
            name=name,
            key=key,
            missing_key=missing_key,
            payload=payload,
            prefix=prefix,
            expiry=expiry,
            lease=lease,
            clock_skew=clock_skew,
            replay=errors,
            after_error=after_error,
            serializer=serializer,
            when_not_kept=when_not_kept,
            cache=cache,
            like_powertools=like_powertools,
            settings=settings,
            store=store,
        )
