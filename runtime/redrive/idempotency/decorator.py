"""Provides `@idempotent`, which keeps a function from running twice for the same call."""

from __future__ import annotations

from collections.abc import Callable
from functools import update_wrapper
from inspect import Parameter, signature

from redrive.core.callables import decorated, is_async, is_generator, name_of
from redrive.core.frozen import Frozen, check_type
from redrive.core.invocation import find, knows_time_left
from redrive.core.system import running
from redrive.handlers import Completion
from redrive.handlers.record import Delivered
from redrive.idempotency.call import Answered, Call, Started
from redrive.idempotency.claims import Claims
from redrive.idempotency.options import Idempotency
from redrive.idempotency.scope import RECEIVERS, has_state, is_value, own_scope, unknown_in
from redrive.idempotency.stores import is_off

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, ParamSpec, TypeVar, Unpack, overload

    from redrive.idempotency.types import IdempotencyOptions


if TYPE_CHECKING:
    P = ParamSpec("P")
    R = TypeVar("R")

_CONTEXTS = frozenset({"context", "lambda_context", "ctx", "_context", "_ctx"})


class _Arguments(Frozen):
    """The arguments of a call that identify it.

    Attributes:
        values: The arguments, in the order of the function's parameters.
        content: The only argument, or all of them by name.
        where: What the content is, for error messages.
        receiver: The object or class of a method; `None` if there is none.
    """

    values: tuple[Any, ...]
    content: Any
    where: str
    receiver: object


if TYPE_CHECKING:

    @overload
    def idempotent(function: Callable[P, R], /) -> Callable[P, R]: ...
    @overload
    def idempotent(
        function: None = None, /, *, using: Idempotency | None = None, **options: Unpack[IdempotencyOptions]
    ) -> Callable[[Callable[P, R]], Callable[P, R]]: ...


def idempotent(function: Any = None, /, *, using: Idempotency | None = None, **options: Any) -> Any:
    """Make a function run once per key: a completed call is not run again, and its stored result is returned.

        @idempotent(key="order.id")
        def charge(order, amount): ...

        @idempotent(key="id", payload="amount")
        def handler(event, context): ...

    Use it for a Lambda handler, or for any function that a handler calls; plain, `async def`, or a method. A call
    claims its key, runs, and stores its result, awaited if it can be. If the key is claimed already, the call raises
    `InProgress`. If the key is completed, the call returns the stored result, as JSON returns it. A call that raises
    releases its key, so that the next call runs; `Permanent` is stored instead, and raised again as `FailedBefore`.
    What is no `Exception`, such as `SystemExit` or a cancelled task, interrupts a call: its claim stays until it
    expires. A claim is valid while the call runs, until the deadline at most, which is read from Lambda's context.

    Args:
        function: The function, if the decorator is used without arguments.
        using: The configuration. Default: `Idempotency()`.
        **options: Arguments of `Idempotency` that replace those of `using`. A path given as `key` or `payload` is
            looked up in the function's only argument, not counting Lambda's context and `self`; if there are several,
            it is looked up in an object of them by name.

    Returns:
        The function, or a decorator if options are given.

    Raises:
        TypeError: The function is a generator function, or an option has the wrong type. Or there is no `key`, and the
            function belongs to an object that cannot be part of a key.
        ValueError: An option is outside its range, or another function has the same keys.
    """
    check_type("using", using, Idempotency, "an Idempotency(…)")
    idempotency = (using or Idempotency()).replace(**options) if options else using or Idempotency()

    def decorate(function: Any) -> Any:
        return decorated(function, lambda inner: _decorated(inner, idempotency))

    return decorate if function is None else decorate(function)


def _is_context(name: str, value: object) -> bool:
    return name in _CONTEXTS or knows_time_left(value)


def _no_value(function: Callable[..., Any], unknown: object) -> TypeError:
    return TypeError(
        f"{name_of(function)} belongs to an object of the type {type(unknown).__name__}, which cannot be part of the "
        "key: nothing says which others equal it; give key= what identifies a call, and a prefix= if several such "
        "objects have the same keys"
    )


def _decorated(function: Callable[..., Any], idempotency: Idempotency) -> Callable[..., Any]:
    if is_generator(function):
        raise TypeError(
            f"{function!r} is a generator function: calling it runs none of it, and it would count as done; take the "
            "`yield` out"
        )
    needs_values = idempotency.key is None and not idempotency.like_powertools
    if needs_values and (unknown := unknown_in(function)) is not None:
        raise _no_value(function, unknown)
    claims = Claims(idempotency, own_scope(idempotency, function))
    completion = Completion(function)
    parameters = signature(function)

    def arguments_of(args: tuple[Any, ...], kwargs: dict[str, Any]) -> _Arguments:
        bound = parameters.bind(*args, **kwargs)
        bound.apply_defaults()
        by_name: dict[str, Any] = {}
        values: list[Any] = []
        receiver: object = None
        for position, (name, value) in enumerate(bound.arguments.items()):
            kind = parameters.parameters[name].kind
            if kind is Parameter.VAR_POSITIONAL:
                by_name[name] = [each for each in value if not knows_time_left(each)]
                values += by_name[name]
            elif kind is Parameter.VAR_KEYWORD:
                by_name[name] = {key: each for key, each in value.items() if not _is_context(key, each)}
                values += [by_name[name]] if by_name[name] else []
            elif position == 0 and name in RECEIVERS:
                receiver = value
            elif not _is_context(name, value):
                by_name[name] = value
                values.append(value)
        if idempotency.key is None and any(isinstance(value, Delivered) for value in values):
            raise TypeError(
                f"{name_of(function)} was called with a record of a source, which is another one at each delivery: "
                "give idempotency= of @sqs_handler, @kinesis_handler or @dynamodb_stream_handler in the place of "
                "@idempotent, or key= a function that picks what stays the same"
            )
        if needs_values and receiver is not None and has_state(receiver) and not is_value(receiver):
            raise _no_value(function, receiver)
        if len(values) == 1:
            return _Arguments(tuple(values), values[0], f"the only argument ({next(iter(by_name))})", receiver)
        return _Arguments(tuple(values), by_name, "the arguments by name", receiver)

    def begin(args: tuple[Any, ...], kwargs: dict[str, Any], context: Any) -> Started | Answered:
        given = arguments_of(args, kwargs)
        delivered = running.get()
        found = Call(
            given.values,
            lambda: given.content,
            given.content,
            context,
            delivery=None if delivered is None else delivered.delivery,
            where=given.where,
            receiver=None if idempotency.like_powertools else given.receiver,
            is_by_arguments=True,
        )
        return claims.begin(found)

    async def begin_async(*arguments: Any) -> Started | Answered:
        from asyncio import CancelledError, create_task, shield, wait

        from redrive.core.parallel import in_thread

        claiming = create_task(in_thread(begin, *arguments))
        try:
            return await shield(claiming)
        except CancelledError:
            # The thread continues, so what it claims must be released.
            await wait([claiming])
            begun = None if claiming.cancelled() or claiming.exception() is not None else claiming.result()
            if isinstance(begun, Started):
                await in_thread(claims.give_back, begun)
            raise

    async def call_async(*args: Any, **kwargs: Any) -> Any:
        if is_off():
            return await completion.awaited(function(*args, **kwargs))
        from redrive.core.parallel import in_thread  # a call to AWS must not block the event loop

        begun = await begin_async(args, kwargs, find(*args, *kwargs.values()))
        if isinstance(begun, Answered):
            return begun.result
        try:
            result = await completion.awaited(function(*args, **kwargs))
        except Exception as error:
            await in_thread(claims.fail, begun, error)
            raise
        except BaseException as error:
            claims.fail(begun, error)  # which makes no call: and a coroutine that is closed must not await
            raise
        await in_thread(claims.succeed, begun, result)
        return result

    def call(*args: Any, **kwargs: Any) -> Any:
        if is_off():
            return completion.of(function(*args, **kwargs))
        begun = begin(args, kwargs, find(*args, *kwargs.values()))
        if isinstance(begun, Answered):
            return begun.result
        try:
            result = completion.of(function(*args, **kwargs))
        except BaseException as error:
            claims.fail(begun, error)
            raise
        claims.succeed(begun, result)
        return result

    return update_wrapper(call_async if is_async(function) else call, function)
