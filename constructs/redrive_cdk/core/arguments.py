"""Refuses arguments of a wrong type before anything else fails on them, with the remedy."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, wraps
from types import NoneType
from typing import Any, Concatenate, NamedTuple, ParamSpec, TypeVar

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound=Construct)


class _Kind(NamedTuple):
    """A type that annotations name.

    Attributes:
        fits: Decides if a value has it.
        wanted: What to give.
    """

    fits: Callable[[Any], bool]
    wanted: str


def _has(attribute: str) -> Callable[[Any], bool]:
    # By attribute, since the CDK's interfaces are protocols and objects that it returns may be of an unknown class. The
    # class is looked at first: the object would ask the CDK.
    def has(value: object) -> bool:
        return not isinstance(value, str) and (hasattr(value.__class__, attribute) or hasattr(value, attribute))

    return has


def _is_function(value: object) -> bool:
    # The URL of a function and its configuration know the function's ARN, too.
    return _has("function_arn")(value) and _has("function_name")(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)  # tokens are of type float


def _is_whole(value: Any) -> bool:
    return _is_number(value) and float(value).is_integer()  # tokens are so large that they are whole


def _is_list_or_function(value: Any) -> bool:
    return _is_list(value) or callable(value)


def _is(kind: type) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, kind)


_QUEUE = _Kind(_has("queue_arn"), "a queue, such as sqs.Queue(…) or sqs.Queue.from_queue_arn(…)")
_FUNCTION = _Kind(_is_function, "a function, such as lambda_.Function(…) or one of its versions and aliases")
_TABLE = _Kind(_has("table_arn"), "a table, such as dynamodb.Table(…) or dynamodb.Table.from_table_name(…)")
_STREAM = _Kind(_has("stream_arn"), "a stream, such as kinesis.Stream(…) or kinesis.Stream.from_stream_arn(…)")
_BUCKET = _Kind(_has("bucket_arn"), "a bucket, such as s3.Bucket(…) or s3.Bucket.from_bucket_name(…)")
_KINDS: Mapping[str, _Kind] = {
    "Actions": _Kind(_is_list_or_function, "a list of actions, or a function that chooses them"),
    "AnyBucket": _BUCKET,
    "AnyFunction": _FUNCTION,
    "AnyKey": _Kind(_has("key_arn"), "a key, such as kms.Key(…) or kms.Key.from_key_arn(…)"),
    "AnyStream": _STREAM,
    "AnyTable": _TABLE,
    "Duration": _Kind(_is(Duration), "a Duration"),
    "Infinite": _Kind(_is(str), '"infinite"'),
    "dynamodb.Attribute": _Kind(_is(dynamodb.Attribute), "a dynamodb.Attribute(…)"),
    "iam.IGrantable": _Kind(_has("grant_principal"), "who is granted: a function, role, user or principal"),
    "lambda_.StartingPosition": _Kind(_is(lambda_.StartingPosition), "a lambda_.StartingPosition"),
    "RemovalPolicy": _Kind(_is(RemovalPolicy), "a RemovalPolicy"),
    "Naming": _Kind(callable, "a function that names an alarm"),
    "bool": _Kind(_is(bool), "True or False"),
    "float": _Kind(_is_number, "a number"),
    "int": _Kind(_is_whole, "a whole number"),
    "sqs.IQueue": _QUEUE,
    "str": _Kind(_is(str), "a text"),
}
_OF_OURS = ("AlarmOptions", "AttemptCounting", "Backoff", "ProvisionedPollers")


def checked(
    init: Callable[Concatenate[S, Construct, str, P], None],
) -> Callable[Concatenate[S, Construct, str, P], None]:
    """Make a construct's `__init__` refuse keyword arguments of a wrong type.

    Raises:
        TypeError: An argument has a wrong type. The message gives its value, and what to give.
    """

    @wraps(init)
    def checking(self: S, scope: Construct, id: str, *args: P.args, **kwargs: P.kwargs) -> None:
        _check(lambda: f"{scope.node.path}/{id}", init, kwargs)
        init(self, scope, id, *args, **kwargs)

    return checking


def checked_method(method: Callable[Concatenate[S, P], R]) -> Callable[Concatenate[S, P], R]:
    """Make a construct's method refuse arguments of a wrong type.

    Raises:
        TypeError: An argument has a wrong type. The message gives its value, and what to give.
    """
    names = [*inspect.signature(method).parameters][1:]

    @wraps(method)
    def checking(self: S, *args: P.args, **kwargs: P.kwargs) -> R:
        _check(lambda: self.node.path, method, {**dict(zip(names, args, strict=False)), **kwargs})
        return method(self, *args, **kwargs)

    return checking


def check_fields(options: object) -> None:
    """Refuse fields of a wrong type in a dataclass of options.

    Raises:
        TypeError: A field has a wrong type. The message gives its value, and what to give.
    """
    kind = type(options)
    values = {name: getattr(options, name) for name in _kinds_of(kind)}
    _refuse_wrong(lambda: kind.__name__, _kinds_of(kind), values)


def _check(path: Callable[[], str], called: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    _refuse_wrong(path, _kinds_of(called), arguments)


def _refuse_wrong(
    path: Callable[[], str], kinds: Mapping[str, tuple[_Kind, ...]], arguments: Mapping[str, Any]
) -> None:
    for name, value in arguments.items():
        found = kinds.get(name, ())
        if found and not any(kind.fits(value) for kind in found):
            wanted = " or ".join(dict.fromkeys(kind.wanted for kind in found if kind.wanted))
            raise TypeError(f"{path()}: {name} {value!r}: give {wanted}{_hint(value, found)}")


@lru_cache(maxsize=100)
def _kinds_of(called: Callable[..., Any]) -> dict[str, tuple[_Kind, ...]]:
    """Return the kinds of each parameter; none for one that may be of a kind that is not known here."""
    return {name: _kinds(str(each.annotation)) for name, each in inspect.signature(called).parameters.items()}


def _kinds(annotation: str) -> tuple[_Kind, ...]:
    found: list[_Kind] = []
    for part in annotation.split(" | "):
        if part == "None":
            found.append(_Kind(_is(NoneType), ""))
        elif part in _KINDS:
            found.append(_KINDS[part])
        elif part in _OF_OURS:
            found.append(_Kind(_is_called(part), f"{part}(…)"))
        elif part.startswith("Sequence["):
            found.append(_Kind(_is_list, "a list"))
        else:
            return ()
    return tuple(found)


def _is_called(name: str) -> Callable[[Any], bool]:
    return lambda value: type(value).__name__ == name


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, (str, bytes))


def _hint(value: Any, kinds: Sequence[_Kind]) -> str:
    wanted = [kind.wanted for kind in kinds]
    if "a Duration" in wanted and _is_number(value):
        return f", such as Duration.seconds({value:g})"
    if any(each.startswith("a list") for each in wanted):
        return ", also of one: […]"
    is_number = "a number" in wanted or "a whole number" in wanted
    if is_number and isinstance(value, str) and value.isdigit():
        return f": {value} without quotes"
    return ""
