"""Defines the settings that constructs pass to the runtime helpers in environment variables, and reads them.

Lambda allows 4 KB for all variables of a function together; a source takes about 500 bytes:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping

from redrive.core import SettingsError
from redrive.core.frozen import Frozen, check_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar, Self, TypeVar

    from redrive.settings.values import Name

if TYPE_CHECKING:
    S = TypeVar("S", bound="Settings")
    N = TypeVar("N", bound="NamedSettings")


#: The types of values in code by their annotations: `values` has those of JSON, and most functions need neither.
_TYPES: Mapping[str, tuple[type | tuple[type, ...], str]] = {
    "str": (str, "a text"),
    "int": (int, "a whole number"),
    "float": ((int, float), "a number"),
    "Seconds": ((int, float), "a number of seconds"),
    "bool": (bool, "True or False"),
    "Backoff": (Frozen, "a Backoff(…)"),
}
# For texts by their annotations: pattern, rule, its page, and remedy. The patterns take all that AWS has ever taken:
# names of old buckets, other partitions, and the addresses of local servers.
_NAMES: dict[str, tuple[str, str, str, str]] = {
    "FunctionName": (
        r"(arn:[\w-]+:lambda:)?(([a-z]+-)+\d:)?(\d{12}:)?(function:)?[\w.-]+(:(\$LATEST(\.PUBLISHED)?|[\w-]+))?",
        "Lambda's names have 1 to 64 letters, digits, '-' and '_', alone or in an ARN, maybe with ':' and a qualifier",
        "lambda/latest/api/API_Invoke.html",
        "give the function's name or ARN",
    ),
    "Qualifier": (
        r"\$LATEST(\.PUBLISHED)?|#|(?!\d+$)[\w-]{1,128}",
        "an alias has 1 to 128 letters, digits, '-' and '_', and not only digits",
        "lambda/latest/api/API_CreateAlias.html",
        "give the name of an alias, '#' for any numbered version, or '$LATEST'",
    ),
    "TableName": (
        r"(arn:[\w-]+:dynamodb:[\w-]+:\d{12}:table/)?[\w.-]{3,255}",
        "DynamoDB's names of tables have 3 to 255 letters, digits, '-', '_' and '.'",
        "amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html",
        "give the name of the DynamoDB table, or its ARN",
    ),
    "BucketName": (
        r"[\w.-]{3,255}|arn:[\w-]+:s3[\w-]*:.+",
        "S3's names of buckets have 3 to 63 letters, digits, '.' and '-', old ones '_' and up to 255",
        "AmazonS3/latest/userguide/bucketnamingrules.html",
        "give the name of the S3 bucket, without 's3://' and without a prefix",
    ),
    "QueueUrl": (
        r"https?://[^\s/]+/([^\s/]+/)*[\w-]{1,80}(\.fifo)?/?",
        "the URL of a queue ends with the queue's name",
        "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html",
        "give one such as https://sqs.<Region>.amazonaws.com/<account>/<name>, instead of a name or an ARN",
    ),
    "LogGroup": (
        r"[.\-_/#A-Za-z0-9]{1,512}",
        "names of log groups have 1 to 512 letters, digits, '.', '-', '_', '/' and '#'",
        "AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
        "give the log group's name, instead of its ARN",
    ),
    "Arn": (
        r"arn:[\w-]+:[\w-]+:[\w-]*:\d*:\S+",
        "an ARN is arn:<partition>:<service>:<Region>:<account>:<resource>",
        "IAM/latest/UserGuide/reference-arns.html",
        "give the ARN of the queue or stream, as in the eventSourceARN of its records",
    ),
}
_LONGEST_NAME = 64  # of a function, without the parts of an ARN
_LONGEST_SHOWN = 100


class Settings(Frozen):
    """The base of all settings: fields that are `None` if they are not known.

    Attributes:
        KIND: The middle part of the environment variable's name.
    """

    KIND: ClassVar[str]

    @classmethod
    def from_json(cls, members: Mapping[str, object]) -> Self:
        """Read the known members of a JSON object; a construct of a newer release may have written others."""
        from redrive.settings.values import READERS  # only a function with settings needs it

        return cls(
            **{
                name: READERS[kind.removesuffix(" | None")](name, members[name])
                for name, kind in cls._fields.items()
                if members.get(name) is not None
            }
        )

    def check_types(self) -> None:
        """Raise `TypeError` for a value of another type than its field, `SettingsError` for one that cannot be."""
        for name, kind in self._fields.items():
            kind = kind.removesuffix(" | None")
            what, value = f"{type(self).__name__}.{name}", getattr(self, name)
            if kind in _TYPES:
                check_type(what, value, *_TYPES[kind])
                if isinstance(value, (int, float)) and not 0 <= value < float("inf"):
                    raise SettingsError(f"{what}={value!r}: give {_TYPES[kind][1]}, 0 or more and finite")
            elif kind == "Name":
                check_own_name(what, value, "a text")
            elif kind in _NAMES and value is not None:
                check_name(kind, what, value)

    def over(self, others: Self) -> Self:
        """Return these settings, with unset fields taken from others.

        Args:
            others: Settings of the same kind. A field that is `None` here has its value from there.
        """
        mine = {name: value for name, value in self.as_dict().items() if value is not None}
        return others.replace(**mine) if mine else others


def check_settings(settings: object, kind: type[Settings]) -> None:
    """Raise `TypeError` if settings in code are of another kind, or have a value of another type."""
    check_type("settings", settings, kind, f"{kind.__name__}(…)")
    if isinstance(settings, kind):
        settings.check_types()


def check_name(kind: str, what: str, value: object) -> None:
    """Raise `SettingsError` for a text that is not in the form of its kind, `TypeError` for anything else.

    Args:
        kind: The kind, as fields of settings are annotated: `"TableName"`, for instance.
        what: The name of the argument.
        value: The argument.
    """
    if not isinstance(value, str):
        raise TypeError(f"{what}={value!r}: give a text")
    pattern, rule, page, remedy = _NAMES[kind]
    is_too_long = kind == "FunctionName" and ":" not in value and len(value) > _LONGEST_NAME
    if is_too_long or not re.fullmatch(pattern, value, re.ASCII):
        shown = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}…"
        raise SettingsError(f"{what}={shown!r}: {rule} (https://docs.aws.amazon.com/{page}); {remedy}")


def check_own_name(what: str, name: object, example: str) -> None:
    """Raise `TypeError` or `SettingsError` for a name of a construct that is neither left out nor a name."""
    check_type(what, name, str, example)
    if isinstance(name, str) and not name.strip():
        raise SettingsError(
            f"{what}={name!r}: a name is not blank; give {example}, or leave it out if there is only one"
        )


class NamedSettings(Settings, kw_only=True):
    """The base of settings that the function's code asks for by name.

    Attributes:
        name: The name in the function's code.
    """

    name: Name | None = None


# Every invocation reads the same few strings. Bad ones are not cached, so this cannot grow.
_decoded: dict[tuple[str, str], Settings] = {}


def variable(kind: type[Settings], number: int) -> str:
    """Return the name of the environment variable for one set of settings, such as `REDRIVE_SQS_1`.

    A construct writes one variable, with JSON, for each thing that it sets up for the function: `REDRIVE_SQS_1`,
    `REDRIVE_SQS_2`, … for queues, `REDRIVE_STREAM_1` for streams, `REDRIVE_ASYNC_1` for asynchronous invocation,
    `REDRIVE_INVOKER_1` for functions that it may call, `REDRIVE_IDEMPOTENCY_1` for idempotency tables,
    `REDRIVE_CIRCUIT_1` for circuits, `REDRIVE_SWITCH_1` for the function that pauses event source mappings,
    `REDRIVE_METRICS_1` for metrics. The helper finds the right one by what the invocation says, such as the source's
    ARN.

    Args:
        kind: The class of the settings.
        number: 1 for the first variable of its kind, then counting up without a gap.

    Returns:
        The variable's name.
    """
    return f"REDRIVE_{kind.KIND}_{number}"


def encode(settings: Settings) -> dict[str, object]:
    """Return settings as the JSON object to put into the variable. Fields that are not known are left out.

    Args:
        settings: The settings. Values that are only known at deployment may be tokens.

    Returns:
        A dictionary, because only the CDK can write tokens as JSON.
    """
    return {
        name: value.as_dict() if isinstance(value, Frozen) else list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
        for name, value in settings.as_dict().items()
        if value is not None
    }


def named_settings(kind: type[N], environment: Mapping[str, str], name: str | None, *, what: str, remedy: str) -> N:
    """The settings of one name; without a name, the only ones."""
    if name is not None:
        found = first_settings(kind, environment, lambda settings: settings.name == name)
        if found is not None:
            return found
    every: list[N] = []
    for each in _each(kind, environment):
        if isinstance(each, SettingsError):  # it may be the one that is asked for
            raise each
        every.append(each)
    if name is None and len(every) == 1:
        return every[0]
    names = ", ".join(repr(each.name) for each in every) or "none"
    asked = f" as {name!r}" if name is not None or every else ""
    raise SettingsError(f"no {what} is known{asked}; known are: {names}; give one of these names, {remedy}")


def first_settings(kind: type[S], environment: Mapping[str, str], is_wanted: Callable[[S], bool]) -> S | None:
    """The first settings of a kind that are wanted."""
    # An unreadable variable is an error only if no other one matches.
    unreadable: SettingsError | None = None
    for settings in _each(kind, environment):
        if isinstance(settings, SettingsError):
            unreadable = settings
        elif is_wanted(settings):
            return settings
    if unreadable is not None:
        raise unreadable
    return None


def every_settings(kind: type[S], environment: Mapping[str, str]) -> Iterator[S]:
    """Yield all settings of a kind that can be read."""
    for settings in _each(kind, environment):
        if not isinstance(settings, SettingsError):
            yield settings


def _each(kind: type[S], environment: Mapping[str, str]) -> Iterator[S | SettingsError]:
    number = 1
    while (value := environment.get(name := variable(kind, number))) is not None:
        number += 1
        settings = _decoded.get((name, value))
        if settings is None:
            try:
                settings = _decoded[name, value] = _decode(kind, name, value)
            except SettingsError as error:
                yield error
                continue
        yield settings  # pyright: ignore[reportReturnType]  # the key includes the kind


def _decode(kind: type[S], name: str, value: str) -> S:
    try:
        decoded: object = json.loads(value)
        if not isinstance(decoded, dict):
            raise SettingsError(f"expected a JSON object, got {type(decoded).__name__}")
        fields: dict[str, object] = decoded  # pyright: ignore[reportUnknownVariableType]
        return kind.from_json(fields)
    except (ValueError, OverflowError, RecursionError) as error:  # not JSON, wrong content, or too large
        raise SettingsError(
            f"environment variable {name} cannot be read ({error}): its value is {value[:200]!r}; it is written by "
            "the construct, so deploy construct and layer of the same release, or pass settings= by hand"
        ) from error


def written(read: Callable[[Mapping[str, str], str], S], key: str) -> S | None:
    """Return the settings for `key` (such as a queue's ARN), or log that they are unreadable and return `None`."""
    try:
        return read(os.environ, key)
    except SettingsError as error:  # no reason for the invocation to fail
        from redrive.core.log import described, warn

        warn("redrive.settings_unreadable", error=described(error))
        return None
