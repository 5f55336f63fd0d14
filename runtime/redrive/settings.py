"""What a construct tells its helper: the one place that knows the environment variables.

A construct writes one variable for each thing that it sets up for the function (`REDRIVE_SQS_1`, `REDRIVE_SQS_2`, … for
queues, `REDRIVE_ASYNC_1`, … for asynchronous invocation, `REDRIVE_INVOKER_1`, … for functions that it may call). It
holds JSON; the helper finds the right one by what the invocation says of itself. Lambda allows 4 KB for all variables
of a function together, a source takes about 500 bytes:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from redrive.backoff import Backoff
from redrive.errors import SettingsError
from redrive.frozen import Frozen
from redrive.settings_values import backoff as a_backoff
from redrive.settings_values import seconds, text, whole_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar, Literal, Self, TypeVar

    S = TypeVar("S", bound="Settings")

    #: Where the attempts of an asynchronous event are counted; the classes of the same names say what each is good for.
    CounterKind = Literal["tmp", "dynamodb", "s3", "logs"]

__all__ = [
    "NUMBERED_VERSION",
    "AsyncSettings",
    "Backoff",
    "InvokerSettings",
    "Settings",
    "SqsSettings",
    "encode",
    "read_async",
    "read_invoker",
    "read_sqs",
    "variable",
]

#: The qualifier of a version in `AsyncSettings`: its number is not known before it is published, and by then its
#: environment is fixed. No alias can be called so.
NUMBERED_VERSION = "#"


class Settings(Frozen):
    """What all settings have in common: fields that are `None` where they are not known."""

    __slots__ = ()
    #: The middle of the variable's name.
    KIND: ClassVar[str]
    #: How each field is read.
    FIELDS: ClassVar[dict[str, Callable[[str, object], object]]]

    def over(self, others: Self) -> Self:
        """These settings, with what they leave open taken from others."""
        mine = {name: value for name, value in self.as_dict().items() if value is not None}
        return others.replace(**mine) if mine else others


class SqsSettings(Settings):
    """What `@sqs_handler` knows of one source queue. `None` means not known.

    A construct fills in all of it. For functions that the constructs did not make, pass what applies by hand:
    `@sqs_handler(settings=SqsSettings(dead_letter_queue_url=…, max_receive_count=5))`.

    Attributes:
        source_arn: The queue these settings are for. `None`: for every queue.
        queue_url: The source queue's URL, for `ChangeMessageVisibilityBatch`. `None`: made from the record's
            `eventSourceARN`.
        dead_letter_queue_url: Where permanent failures are sent. `None`: they are retried like any other failure.
        max_receive_count: `maxReceiveCount` of the redrive policy, for `message.is_last_receive`.
        function_timeout: The function's timeout in seconds.
        retention_period: The source queue's message retention in seconds: no retry is put off past it.
        backoff: The wait between receives. `None`: the defaults of `Backoff`.
    """

    KIND = "SQS"
    FIELDS = {  # noqa: RUF012
        "source_arn": text,
        "queue_url": text,
        "dead_letter_queue_url": text,
        "max_receive_count": whole_number,
        "function_timeout": seconds,
        "retention_period": seconds,
        "backoff": a_backoff,
    }
    __slots__ = tuple(FIELDS)
    source_arn: str | None
    queue_url: str | None
    dead_letter_queue_url: str | None
    max_receive_count: int | None
    function_timeout: float | None
    retention_period: float | None
    backoff: Backoff | None

    def __init__(
        self,
        *,
        source_arn: str | None = None,
        queue_url: str | None = None,
        dead_letter_queue_url: str | None = None,
        max_receive_count: int | None = None,
        function_timeout: float | None = None,
        retention_period: float | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._set(
            source_arn=source_arn,
            queue_url=queue_url,
            dead_letter_queue_url=dead_letter_queue_url,
            max_receive_count=max_receive_count,
            function_timeout=function_timeout,
            retention_period=retention_period,
            backoff=backoff,
        )


class AsyncSettings(Settings):
    """What `@async_handler` knows of how one qualifier of the function is invoked. `None` means not known.

    A construct fills in what it has set up. For functions that the constructs did not make, pass it by hand:
    `@async_handler(settings=AsyncSettings(retry_attempts=1))`.

    Attributes:
        qualifier: What these settings are for: the name of an alias, `"#"` for any numbered version, `"$LATEST"` for
            the function invoked without a qualifier. `None`: for each of them.
        retry_attempts: `MaximumRetryAttempts`, 0–2, for `attempt.is_last`.
        max_event_age: `MaximumEventAgeInSeconds`, for `attempt.is_last` and for how long attempts are remembered.
        counter: Where attempts are counted. `None`: in `/tmp`.
        counter_table: The name of the DynamoDB table for `counter="dynamodb"`.
        counter_bucket: The name of the S3 bucket for `counter="s3"`.
        counter_prefix: What the keys of the objects in that bucket begin with.
    """

    KIND = "ASYNC"
    FIELDS = {  # noqa: RUF012
        "qualifier": text,
        "retry_attempts": whole_number,
        "max_event_age": seconds,
        "counter": text,
        "counter_table": text,
        "counter_bucket": text,
        "counter_prefix": text,
    }
    __slots__ = tuple(FIELDS)
    qualifier: str | None
    retry_attempts: int | None
    max_event_age: float | None
    counter: CounterKind | None
    counter_table: str | None
    counter_bucket: str | None
    counter_prefix: str | None

    def __init__(
        self,
        *,
        qualifier: str | None = None,
        retry_attempts: int | None = None,
        max_event_age: float | None = None,
        counter: CounterKind | None = None,
        counter_table: str | None = None,
        counter_bucket: str | None = None,
        counter_prefix: str | None = None,
    ) -> None:
        if counter not in (None, "tmp", "dynamodb", "s3", "logs"):
            raise SettingsError(f"counter {counter!r}: give 'tmp', 'dynamodb', 's3' or 'logs'")
        for kind, name, value in (
            ("dynamodb", "counter_table", counter_table),
            ("s3", "counter_bucket", counter_bucket),
        ):
            if counter == kind and value is None:
                raise SettingsError(f"counter={counter!r} without {name}: say which one it is")
        self._set(
            qualifier=qualifier,
            retry_attempts=retry_attempts,
            max_event_age=max_event_age,
            counter=counter,
            counter_table=counter_table,
            counter_bucket=counter_bucket,
            counter_prefix=counter_prefix,
        )


class InvokerSettings(Settings):
    """What `Invoker` knows of one function that it may call. `None` means not known.

    A construct fills in what it has set up. For callers that the constructs did not make, pass it by hand:
    `Invoker(settings=InvokerSettings(function="prices", function_timeout=10))`.

    Attributes:
        name: What the caller's code calls it: `Invoker("Prices")`.
        function: Its name or ARN, with the qualifier if it has one.
        function_timeout: Its timeout in seconds: no reply is given up before that.
        backoff: The wait between attempts. `None`: the defaults of `Backoff`.
    """

    KIND = "INVOKER"
    FIELDS = {  # noqa: RUF012
        "name": text,
        "function": text,
        "function_timeout": seconds,
        "backoff": a_backoff,
    }
    __slots__ = tuple(FIELDS)
    name: str | None
    function: str | None
    function_timeout: float | None
    backoff: Backoff | None

    def __init__(
        self,
        *,
        name: str | None = None,
        function: str | None = None,
        function_timeout: float | None = None,
        backoff: Backoff | None = None,
    ) -> None:
        self._set(name=name, function=function, function_timeout=function_timeout, backoff=backoff)


# Decoded once: the same few strings come at every invocation. Bad ones are not kept, so this cannot grow.
_decoded: dict[tuple[str, str], Settings] = {}


def variable(kind: type[Settings], number: int) -> str:
    """The name of the variable for one of the things that are set up for a function.

    Args:
        kind: Which settings it holds.
        number: 1 for the first of its kind, and on without a gap.

    Returns:
        The variable's name.
    """
    return f"REDRIVE_{kind.KIND}_{number}"


def encode(settings: Settings) -> dict[str, object]:
    """Settings as the JSON object to put into the variable; what is not known is left out.

    Args:
        settings: Values; those that a template only knows at deployment may be tokens.

    Returns:
        A dictionary, since only the CDK can write tokens as JSON.
    """
    return {
        name: value.as_dict() if isinstance(value, Frozen) else value
        for name, value in settings.as_dict().items()
        if value is not None
    }


def read_sqs(environment: Mapping[str, str], source_arn: str) -> SqsSettings:
    """The settings of one source queue.

    Args:
        environment: Environment variables, such as `os.environ`.
        source_arn: The record's `eventSourceARN`.

    Returns:
        Its settings, empty where no construct wrote any for it.

    Raises:
        SettingsError: A variable cannot be read, and none of the others is for this source.
    """
    found = _first(SqsSettings, environment, lambda settings: settings.source_arn in (None, source_arn))
    return found or _NO_SQS


def read_async(environment: Mapping[str, str], qualifier: str) -> AsyncSettings:
    """The settings of one qualifier of the function.

    Args:
        environment: Environment variables, such as `os.environ`.
        qualifier: As in the ARN that was invoked: an alias, a version's number, or `"$LATEST"`.

    Returns:
        Its settings, empty where no construct wrote any for it.

    Raises:
        SettingsError: A variable cannot be read, and none of the others is for this qualifier.
    """
    wanted = (None, NUMBERED_VERSION if qualifier.isdecimal() else qualifier)
    return _first(AsyncSettings, environment, lambda settings: settings.qualifier in wanted) or AsyncSettings()


def read_invoker(environment: Mapping[str, str], name: str | None) -> InvokerSettings:
    """The settings of one function that may be called.

    Args:
        environment: Environment variables, such as `os.environ`.
        name: What the caller's code calls it. `None`: the only one there is.

    Returns:
        Its settings.

    Raises:
        SettingsError: A variable cannot be read, none has that name, or no name was given and there are several.
    """
    if name is not None:
        found = _first(InvokerSettings, environment, lambda settings: settings.name == name)
        if found is not None:
            return found
    every = [each for each in _each(InvokerSettings, environment) if isinstance(each, InvokerSettings)]
    if name is None and len(every) == 1:
        return every[0]
    names = ", ".join(repr(each.name) for each in every) or "none"
    raise SettingsError(
        f"no function to call is known as {name!r}; known are: {names}; give one of these names, make a SyncInvocation "
        "for it, or pass settings=InvokerSettings(function=…, function_timeout=…) by hand"
    )


def _first(kind: type[S], environment: Mapping[str, str], is_wanted: Callable[[S], bool]) -> S | None:
    unreadable: SettingsError | None = None
    for settings in _each(kind, environment):
        if isinstance(settings, SettingsError):
            unreadable = settings
        elif is_wanted(settings):
            return settings
    if unreadable is not None:
        raise unreadable
    return None


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
        yield settings  # pyright: ignore[reportReturnType]  # the name says which kind


def _decode(kind: type[S], name: str, value: str) -> S:
    import json

    try:
        decoded: object = json.loads(value)
        if not isinstance(decoded, dict):
            raise SettingsError(f"expected a JSON object, got {type(decoded).__name__}")
        fields: dict[str, object] = decoded  # pyright: ignore[reportUnknownVariableType]
        return kind(
            **{each: read(each, fields[each]) for each, read in kind.FIELDS.items() if fields.get(each) is not None}
        )
    except (ValueError, OverflowError, RecursionError) as error:  # not JSON, or not what is expected, or beyond measure
        raise SettingsError(
            f"environment variable {name} cannot be read ({error}): its value is {value[:200]!r}; it is written by "
            "the construct, so deploy construct and layer of the same release, or pass settings= by hand"
        ) from error


_NO_SQS = SqsSettings()
