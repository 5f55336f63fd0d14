"""Makes the keys that identify calls, and the hashes of their payloads."""

from __future__ import annotations

import json
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from hashlib import md5, sha256
from math import nan
from typing import TYPE_CHECKING, Any, cast

from redrive.core.invocation import function_name
from redrive.failures.errors import Permanent
from redrive.handlers.record import read_json
from redrive.idempotency.errors import MissingKey

if TYPE_CHECKING:
    from redrive.idempotency.call import Call
    from redrive.idempotency.options import Idempotency


class CallKeys:
    """Identifies the calls of one function.

    Args:
        idempotency: The configuration.
        scope: The function's name within the Lambda function; empty for a Lambda handler of a source's records.
    """

    def __init__(self, idempotency: Idempotency, scope: str) -> None:
        self._idempotency = idempotency
        self._scope = scope
        self._key = _finder(idempotency.key)
        self._payload = _finder(idempotency.payload)

    def key(self, call: Call) -> str | None:
        """Return the key of a call; `None` if it has none and must run without."""
        with _nested_too_deeply_is_permanent():
            found = call.default if self._key is None else self._key(call)
            hashed = hash_of(found, like_powertools=self._idempotency.like_powertools)
        if is_missing(found):
            if self._idempotency.missing_key == "run":
                return None
            key = self._idempotency.key
            raise MissingKey(
                f"nothing distinguishes this call from others: its idempotency key {'' if key is None else repr(key)} "
                "has no value; give it one, or missing_key='run' to have such calls run each time"
            )
        like_powertools, prefix = self._idempotency.like_powertools, self._idempotency.prefix
        if like_powertools:  # its prefix replaces the names, and it does not use the context
            names = f"{function_name(None) or 'test-func'}.{self._scope}"
            return f"{prefix or names}#{hashed}"
        names = ".".join(name for name in (function_name(call.context), self._scope) if name)
        return f"{prefix}{names}#{hashed}"

    def validation(self, call: Call) -> str | None:
        """Return the hash of the payload to compare under the same key; `None` if nothing is compared."""
        if self._payload is None:
            return None
        with _nested_too_deeply_is_permanent():
            return hash_of(self._payload(call), like_powertools=self._idempotency.like_powertools)


@contextmanager
def _nested_too_deeply_is_permanent() -> Generator[None]:
    """Turn the error about data that Python cannot read or write for its depth into a permanent failure."""
    try:
        yield
    except RecursionError as error:
        raise Permanent(f"the idempotency key cannot be made: the data is nested too deeply ({error})") from error


def _finder(key: object) -> Callable[[Call], object] | None:
    if key is None:
        return None
    if callable(key):
        return lambda call: key(*call.arguments)
    search = compiled(str(key))
    return lambda call: search(call.content())


def hash_of(value: object, *, like_powertools: bool = False) -> str:
    """Return the hash of a value in hexadecimal, equal for equal values: SHA-256, or MD5 as Powertools makes it."""
    dump = getattr(value, "model_dump", None) if like_powertools else None
    # Powertools converts a model itself to JSON values, but a model within another value to Python values.
    text = _encoder.encode(value if dump is None else dump(mode="json")).encode()
    return md5(text, usedforsecurity=False).hexdigest() if like_powertools else sha256(text).hexdigest()


def compiled(path: str) -> Callable[[Any], object]:
    """Return a function that finds the value at a JMESPath expression, `None` if there is none."""
    from base64 import b64decode
    from dataclasses import is_dataclass
    from gzip import decompress

    # Comes with botocore, so it is there wherever a DynamoDB client is.
    import jmespath
    from jmespath.exceptions import JMESPathError
    from jmespath.functions import Functions, signature
    from jmespath.visitor import TreeInterpreter

    # The functions of Powertools: for a text that is JSON, that is base64, or that is compressed base64.
    # https://docs.aws.amazon.com/powertools/python/latest/utilities/jmespath_functions/
    class _Functions(Functions):
        @signature({"types": ["string"]})
        def _func_powertools_json(self, value: str) -> Any:
            return read_json(value, "text of powertools_json")

        @signature({"types": ["string"]})
        def _func_powertools_base64(self, value: str) -> str:
            return b64decode(value).decode()

        @signature({"types": ["string"]})
        def _func_powertools_base64_gzip(self, value: str) -> str:
            return decompress(b64decode(value)).decode()

    # Paths lead through dataclasses and pydantic models as through JSON objects.
    class _Interpreter(TreeInterpreter):
        def visit_field(self, node: Any, value: Any) -> Any:
            if hasattr(value, "model_dump"):
                value = value.model_dump(mode="json")
            elif is_dataclass(value):
                return getattr(value, node["value"], None)
            return super().visit_field(node, value)

    try:
        expression = jmespath.compile(path)
    except JMESPathError as error:
        raise ValueError(
            f"{path!r} is no JMESPath expression: {error}; give one such as 'order.id', or a function of the payload"
        ) from error
    options = jmespath.Options(custom_functions=_Functions())
    return lambda payload: _Interpreter(options).visit(expression.parsed, payload)


def is_missing(value: object) -> bool:
    """Return True if a value cannot identify a call: it is missing, empty, or a selection of missing values."""
    if isinstance(value, Mapping):
        members = list(cast("Mapping[object, object]", value).values())
    elif isinstance(value, (list, tuple)):
        members = cast("list[object]", value)
    else:
        return value is None or value == "" or value == b""
    return all(member is None for member in members)


def _plain(value: object) -> object:
    from dataclasses import asdict, is_dataclass
    from datetime import date, time
    from decimal import Decimal
    from enum import Enum
    from pathlib import PurePath
    from uuid import UUID

    if isinstance(value, Decimal) and value.is_nan():
        return nan
    if isinstance(value, (Decimal, UUID, PurePath)):
        return str(value)
    dump = getattr(value, "model_dump", None)  # pydantic's
    if dump is not None:
        return dump()
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    if isinstance(value, (set, frozenset)):
        return sorted(_encoder.encode(each) for each in cast("set[object]", value))
    raise TypeError(
        f"{value!r:.200} of the type {type(value).__name__} cannot be part of an idempotency key or payload: it is "
        "unknown whether two of them are equal; give key= a path or a function that picks what JSON has"
    )


_encoder = json.JSONEncoder(default=_plain, sort_keys=True)
