"""Makes the keys that identify calls, and the hashes of their payloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import TYPE_CHECKING, cast

from redrive.core import Permanent
from redrive.core.invocation import function_name
from redrive.idempotency.hashes import hash_of, hash_of_text, text_of
from redrive.idempotency.missing import NoValue, is_missing, lacks_a_part
from redrive.idempotency.scope import RECEIVERS, scope_with

if TYPE_CHECKING:
    from redrive.idempotency.call import Call
    from redrive.idempotency.options import Idempotency


class CallKeys:
    """Identifies the calls of one function.

    Args:
        idempotency: The configuration.
        scope: The function's scope within the Lambda function.
    """

    def __init__(self, idempotency: Idempotency, scope: str) -> None:
        self._idempotency = idempotency
        self._scope = scope
        # Powertools takes a selection with a missing value for a key.
        self._key = _finder(idempotency.key, needs_all=not idempotency.like_powertools)
        self._payload = _finder(idempotency.payload)

    def key(self, call: Call) -> str | None:
        """Return the key of a call; `None` if it has none and must run without."""
        try:
            hashed = self._hashed(call)
        except (NoValue, RecursionError) as error:
            if self._idempotency.missing_key == "run":
                return None
            from redrive.idempotency.errors import MissingKey

            key = self._idempotency.key
            if key is None and call.lacks_default:
                raise MissingKey(call.lacks_default) from _cause(error)
            raise MissingKey(
                f"nothing distinguishes this call from others: its idempotency key {'' if key is None else repr(key)} "
                "has no value; give it one, or missing_key='run' to have such calls run each time"
                f"{_looked_up(call, error)}"
            ) from _cause(error)
        prefix = self._idempotency.prefix
        if self._idempotency.like_powertools:  # its prefix replaces the names, and it does not use the context
            names = f"{call.function or function_name(None) or 'test-func'}.{self._scope}"
            return f"{prefix or names}#{hashed}"
        scope = self._scope if call.receiver is None else scope_with(self._scope, call.receiver)
        names = ".".join(name for name in (call.function or function_name(call.context), scope) if name)
        return f"{prefix}{names}#{hashed}"

    def validation(self, call: Call) -> str | None:
        """Return the hash of the payload to compare under the same key; `None` if nothing is compared."""
        if self._payload is None:
            return None
        try:
            return hash_of(self._payload(call), like_powertools=self._idempotency.like_powertools)
        except (NoValue, RecursionError) as error:
            from redrive.idempotency.errors import MissingKey

            raise MissingKey(
                f"the payload {self._idempotency.payload!r} cannot be compared with that of another call with the same "
                f"key{_looked_up(call, error)}"
            ) from _cause(error)

    def _hashed(self, call: Call) -> str:
        found = call.default if self._key is None else self._key(call)
        if is_missing(found):
            raise NoValue("")
        like_powertools = self._idempotency.like_powertools
        if self._key is not None or like_powertools or not call.is_by_arguments:
            return hash_of(found, like_powertools=like_powertools)
        text = text_of(found, with_classes=True)  # order 7 is not refund 7
        _check_not_delivered(text, found)
        return hash_of_text(text)


def _finder(key: object, *, needs_all: bool = False) -> Callable[[Call], object] | None:
    if key is None:
        return None
    if callable(key):
        return _found_by(key, needs_all=needs_all)
    from redrive.idempotency.paths import compiled  # only a path needs it

    search = compiled(str(key), needs_all=needs_all)

    def find(call: Call) -> object:
        try:
            content = call.content()
        except Permanent as error:  # it is not JSON
            raise NoValue(str(error)) from error.__cause__
        return search(content)

    return find


def _found_by(key: Callable[..., object], *, needs_all: bool) -> Callable[[Call], object]:
    takes_receiver = isinstance(key, FunctionType) and key.__code__.co_varnames[:1] in {(name,) for name in RECEIVERS}

    def find(call: Call) -> object:
        arguments = call.arguments
        if takes_receiver and call.receiver is not None:
            arguments = (call.receiver, *arguments)
        found = key(*arguments)
        if needs_all and lacks_a_part(found, call):
            raise NoValue("one of the values that the function selects is missing")
        return found

    return find


def _cause(error: BaseException) -> BaseException | None:
    """Return what a failure is due to; a `NoValue` says nothing that is not in the text already."""
    return error.__cause__ if isinstance(error, NoValue) else error


def _looked_up(call: Call, error: BaseException) -> str:
    """Say where a value was looked up, what there is, and why it does not do; names only, no values."""
    if isinstance(error, RecursionError):
        return f"; {call.where} is nested too deeply"
    why = f": {error}" if str(error) else ""
    try:
        content = call.content()
    except Exception:  # which is then the reason
        return f"; it was looked up in {call.where}{why}"
    if isinstance(content, Mapping):
        names = ", ".join(sorted(str(name) for name in cast("Mapping[object, object]", content))[:20])
        kind = f"an object with {names}" if names else "an empty object"
    else:
        kind = "nothing" if content is None else f"of the type {type(content).__name__}"
    return f"; it was looked up in {call.where}, which is {kind}{why}"


# Text that is in the JSON of each record of SQS, Kinesis, DynamoDB Streams, Kafka or Amazon MQ, and of their events.
_MARKS = (
    *('"receiptHandle": ', '"ReceiptHandle": ', '"rmqMessagesByQueue": '),
    *(f'"eventSource": "{name}"' for name in ("aws:sqs", "aws:kinesis", "aws:dynamodb", "aws:kafka", "aws:mq")),
    *(f'"eventSource": "{name}"' for name in ("aws:rmq", "SelfManagedKafka", "aws:docdb")),
)


def _check_not_delivered(text: str, content: object) -> None:
    """Raise `TypeError` if a default key would be made of a record or a whole event, which differ at each delivery."""
    is_request = isinstance(content, Mapping) and "requestContext" in content and "headers" in content
    if is_request or any(mark in text for mark in _MARKS):
        what = "the event of a request" if is_request else "a record of a source, or a whole event"
        raise TypeError(
            f"the call has {what}, which is another one at each delivery: give key= a path or a function that picks "
            "what stays the same, or idempotency= of @sqs_handler, @kinesis_handler or @dynamodb_stream_handler in the "
            "place of @idempotent"
        )
