"""What a construct tells its helper: the one place that knows the environment variables.

A construct writes one variable for each thing that it sets up for the function: `REDRIVE_SQS_1`, `REDRIVE_SQS_2`, … for
queues, `REDRIVE_STREAM_1` for streams, `REDRIVE_ASYNC_1` for asynchronous invocation, `REDRIVE_INVOKER_1` for functions
that it may call, `REDRIVE_IDEMPOTENCY_1` for idempotency tables, `REDRIVE_CIRCUIT_1` for circuits, `REDRIVE_SWITCH_1`
for what pauses event source mappings, `REDRIVE_METRICS_1` for metrics. It holds JSON; the helper finds the right one by
what the invocation says of itself. Lambda allows 4 KB for all variables of a function together, a source takes about
500 bytes:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from redrive.backoff import Backoff
from redrive.errors import SettingsError
from redrive.frozen import Frozen
from redrive.settings_values import backoff as a_backoff
from redrive.settings_values import dimensions as a_dimensions
from redrive.settings_values import flag, number, seconds, text, texts, whole_number
from redrive.settings_values import namespace as a_namespace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import ClassVar, Literal, Self, TypeVar

    S = TypeVar("S", bound="Settings")
    N = TypeVar("N", "CircuitSettings", "IdempotencySettings", "InvokerSettings")

    #: Where the attempts of an asynchronous event are counted; the classes of the same names say what each is good for.
    CounterKind = Literal["tmp", "dynamodb", "s3", "logs"]

__all__ = [
    "ERROR_DIMENSION",
    "FUNCTION_DIMENSION",
    "METRIC_NAMESPACE",
    "NUMBERED_VERSION",
    "PAUSED_BY",
    "RETRY_WAITS",
    "AsyncSettings",
    "Backoff",
    "CircuitSettings",
    "IdempotencySettings",
    "InvokerSettings",
    "MetricName",
    "MetricsSettings",
    "Settings",
    "SqsSettings",
    "StreamSettings",
    "SwitchSettings",
    "encode",
    "idempotency_is_off",
    "read_async",
    "read_circuit",
    "read_idempotency",
    "read_invoker",
    "read_metrics",
    "read_sqs",
    "read_stream",
    "read_switch",
    "variable",
]

#: The qualifier of a version in `AsyncSettings`: its number is not known before it is published, and by then its
#: environment is fixed. No alias can be called so.
NUMBERED_VERSION = "#"
#: The tag on an event source mapping that says which circuit has paused it.
PAUSED_BY = "redrive:paused-by"
_IDEMPOTENCY = "REDRIVE_IDEMPOTENCY"

#: The namespace of the helpers' metrics in CloudWatch, where nothing else is set.
METRIC_NAMESPACE = "Lambda/Retry"
#: The dimensions: a total for each function, and each figure that an error is behind by the error's type as well.
FUNCTION_DIMENSION = "FunctionName"
ERROR_DIMENSION = "ErrorType"


class MetricName:
    """What the helpers count, by the names in CloudWatch. All are sums, but for the two at the end."""

    #: Records that failed, and are delivered again.
    RETRIED = "Retried"
    #: Records that failed, and will never succeed.
    PERMANENT_FAILURES = "PermanentFailures"
    #: Messages that the helper sent to the dead-letter queue.
    DEAD_LETTERED = "DeadLettered"
    #: Records of streams that the helper set aside.
    SET_ASIDE = "SetAside"
    #: Records that should have been dead-lettered or set aside, and could not be: they are delivered again.
    NOT_SET_ASIDE = "NotSetAside"
    #: Records that were not started for lack of time.
    DEFERRED = "Deferred"
    #: Records that were not started since one before them in order has failed.
    HELD = "Held"
    #: Calls and records that had been done before, and were answered without running.
    DUPLICATES = "Duplicates"
    #: Calls and records that did not run, since the same one was in progress elsewhere.
    IN_PROGRESS = "InProgress"
    #: Calls and records that were done, and could not be recorded as done.
    NOT_RECORDED = "NotRecorded"
    #: Calls that were not made, since the circuit was open.
    CIRCUIT_REJECTIONS = "CircuitRejections"
    #: Circuits that this execution environment has opened, or found to fail again when half-open.
    CIRCUIT_OPENED = "CircuitOpened"
    #: Circuits that it has closed.
    CIRCUIT_CLOSED = "CircuitClosed"
    #: Calls for which the circuit's state could not be read or written.
    CIRCUIT_STORE_FAILURES = "CircuitStoreFailures"
    #: Synchronous calls to other functions that were tried again.
    INVOKE_RETRIES = "InvokeRetries"
    #: The number of the attempt at an asynchronous event, from 0. A value, not a sum.
    ATTEMPT = "Attempt"
    #: The highest receive count in a batch of messages. A value, not a sum.
    RECEIVE_COUNT = "ReceiveCount"


#: Seconds that Lambda waits after the first and the second function error of an asynchronous event, about.
RETRY_WAITS = (60, 120)


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
        counter_log_group: The name of the log group for `counter="logs"`. `None`: the one of the function's name, or
            that which Lambda tells it.

    Raises:
        SettingsError: A value outside of its range, or a counter without what it counts in.
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
        "counter_log_group": text,
    }
    __slots__ = tuple(FIELDS)
    qualifier: str | None
    retry_attempts: int | None
    max_event_age: float | None
    counter: CounterKind | None
    counter_table: str | None
    counter_bucket: str | None
    counter_prefix: str | None
    counter_log_group: str | None

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
        counter_log_group: str | None = None,
    ) -> None:
        if retry_attempts not in (None, 0, 1, 2):
            raise SettingsError(f"retry_attempts {retry_attempts!r}: Lambda takes 0, 1 or 2; give one of these")
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
            counter_log_group=counter_log_group,
        )

    def is_for(self, qualifier: str) -> bool:
        """Whether these settings are for a qualifier.

        Args:
            qualifier: As in the ARN that was invoked: an alias, a version's number, or `"$LATEST"`.
        """
        return self.qualifier in (None, NUMBERED_VERSION if qualifier.isdecimal() else qualifier)

    @property
    def last_attempt(self) -> int | None:
        """The number of the attempt after whose failure Lambda gives an event up, as retries and age allow it.

        After a function error Lambda waits one minute, and after the next one two, and gives up at once what would be
        too old by then. An event that has waited longer, in a long queue or for want of concurrency, may be given up
        earlier. https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

        Returns:
            0, 1 or 2; `None` where the retries are not known.
        """
        if self.retry_attempts is None:
            return None
        number = age = 0
        for wait in RETRY_WAITS[: self.retry_attempts]:
            age += wait
            # A real event's age is a little above the sum of the waits, so one that is equal is too old already.
            if self.max_event_age is not None and age >= self.max_event_age:
                break
            number += 1
        return number


class StreamSettings(Settings):
    """What `@kinesis_handler` and `@dynamodb_stream_handler` know of one source stream. `None` means not known.

    A construct fills in what it has set up. For functions that the constructs did not make, pass it by hand:
    `@kinesis_handler(settings=StreamSettings(set_aside_queue_url=…))`.

    Attributes:
        source_arn: The stream these settings are for, also where it is read by a consumer registered with it. `None`:
            for every stream.
        set_aside_queue_url: The SQS queue to which permanent failures are sent.
        set_aside_bucket: The S3 bucket to which they are written where there is no queue, or they do not fit into a
            message. With neither of the two they are retried like any other failure.
        set_aside_prefix: What the keys of the objects in that bucket begin with.
        function_timeout: The function's timeout in seconds.
    """

    KIND = "STREAM"
    FIELDS = {  # noqa: RUF012
        "source_arn": text,
        "set_aside_queue_url": text,
        "set_aside_bucket": text,
        "set_aside_prefix": text,
        "function_timeout": seconds,
    }
    __slots__ = tuple(FIELDS)
    source_arn: str | None
    set_aside_queue_url: str | None
    set_aside_bucket: str | None
    set_aside_prefix: str | None
    function_timeout: float | None

    def __init__(
        self,
        *,
        source_arn: str | None = None,
        set_aside_queue_url: str | None = None,
        set_aside_bucket: str | None = None,
        set_aside_prefix: str | None = None,
        function_timeout: float | None = None,
    ) -> None:
        self._set(
            source_arn=source_arn,
            set_aside_queue_url=set_aside_queue_url,
            set_aside_bucket=set_aside_bucket,
            set_aside_prefix=set_aside_prefix,
            function_timeout=function_timeout,
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


class IdempotencySettings(Settings):
    """What `Idempotency` knows of one table in which it keeps its records. `None` means not known.

    A construct fills in what it has set up. For functions that the constructs did not make, pass it by hand:
    `Idempotency(settings=IdempotencySettings(table="orders-idempotency"))`.

    Attributes:
        name: What the function's code calls it: `Idempotency("Orders")`. A construct's is its id.
        table: The table's name.
        expiry: For how many seconds what has been done is remembered.
    """

    KIND = "IDEMPOTENCY"
    FIELDS = {  # noqa: RUF012
        "name": text,
        "table": text,
        "expiry": seconds,
    }
    __slots__ = tuple(FIELDS)
    name: str | None
    table: str | None
    expiry: float | None

    def __init__(self, *, name: str | None = None, table: str | None = None, expiry: float | None = None) -> None:
        self._set(name=name, table=table, expiry=expiry)


class CircuitSettings(Settings):
    """What `CircuitBreaker` knows of one circuit. `None` means not known, and `CircuitPolicy` says what then holds.

    A construct fills in what it has set up. For functions that the constructs did not make, pass it by hand:
    `CircuitBreaker("Payments", settings=CircuitSettings(table="circuits"))`.

    Attributes:
        name: What the function's code calls it: `CircuitBreaker("Payments")`. A construct's is its id.
        table: The name or ARN of the table in which its state is kept.
        failure_threshold: How many failures open it.
        failure_rate: The share of failed calls that opens it.
        minimum_calls: The calls below which a rate opens nothing.
        window: Seconds for which failures count.
        open_time: The time that it stays open. What it leaves out is as in `Backoff`.
        success_threshold: How many probes in a row must succeed.
        lease: Seconds that a probe may take.
        cache_age: Seconds for which a circuit that was found closed is not read again.
    """

    KIND = "CIRCUIT"
    FIELDS = {  # noqa: RUF012
        "name": text,
        "table": text,
        "failure_threshold": whole_number,
        "failure_rate": number,
        "minimum_calls": whole_number,
        "window": seconds,
        "open_time": a_backoff,
        "success_threshold": whole_number,
        "lease": seconds,
        "cache_age": seconds,
    }
    __slots__ = tuple(FIELDS)
    name: str | None
    table: str | None
    failure_threshold: int | None
    failure_rate: float | None
    minimum_calls: int | None
    window: float | None
    open_time: Backoff | None
    success_threshold: int | None
    lease: float | None
    cache_age: float | None

    def __init__(
        self,
        *,
        name: str | None = None,
        table: str | None = None,
        failure_threshold: int | None = None,
        failure_rate: float | None = None,
        minimum_calls: int | None = None,
        window: float | None = None,
        open_time: Backoff | None = None,
        success_threshold: int | None = None,
        lease: float | None = None,
        cache_age: float | None = None,
    ) -> None:
        self._set(
            name=name,
            table=table,
            failure_threshold=failure_threshold,
            failure_rate=failure_rate,
            minimum_calls=minimum_calls,
            window=window,
            open_time=open_time,
            success_threshold=success_threshold,
            lease=lease,
            cache_age=cache_age,
        )


class SwitchSettings(Settings):
    """What the function is told that pauses event source mappings while a circuit is open. None of it may be left out.

    Attributes:
        name: The circuit's name.
        table: The name of the table in which its state is kept.
        queue_url: The queue that brings the function its timers.
        mappings: The ids of the event source mappings.
    """

    KIND = "SWITCH"
    FIELDS = {  # noqa: RUF012
        "name": text,
        "table": text,
        "queue_url": text,
        "mappings": texts,
    }
    __slots__ = tuple(FIELDS)
    name: str
    table: str
    queue_url: str
    mappings: tuple[str, ...]

    def __init__(self, *, name: str = "", table: str = "", queue_url: str = "", mappings: tuple[str, ...] = ()) -> None:
        for field, value in (("name", name), ("table", table), ("queue_url", queue_url), ("mappings", mappings)):
            if not value:
                raise SettingsError(f"{field} is missing")
        self._set(name=name, table=table, queue_url=queue_url, mappings=mappings)


class MetricsSettings(Settings):
    """How the helpers' metrics are written. `None`: as it says there.

    A construct fills in what it was given. For functions that the constructs did not make, set the environment variable
    `REDRIVE_METRICS_1`, such as `{"namespace": "Shop", "dimensions": {"Stage": "prod"}}`, or say it in code:
    `redrive.metrics.settings.use(MetricsSettings(namespace="Shop"))`.

    Attributes:
        namespace: Their namespace in CloudWatch. `None`: `METRIC_NAMESPACE`.
        dimensions: Names and values of further dimensions, at most 28. Each metric is written with them as well as
            without, which makes two of it. `None`: none.
        enabled: Whether they are written to standard output. `None`: in Lambda, and nowhere else. What the hook is
            handed does not depend on it.

    Raises:
        SettingsError: A namespace or a dimension that CloudWatch does not take:
            https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html.
    """

    KIND = "METRICS"
    FIELDS = {  # noqa: RUF012
        "namespace": a_namespace,
        "dimensions": a_dimensions,
        "enabled": flag,
    }
    __slots__ = tuple(FIELDS)
    namespace: str | None
    dimensions: Mapping[str, str] | None
    enabled: bool | None

    def __init__(
        self,
        *,
        namespace: str | None = None,
        dimensions: Mapping[str, str] | None = None,
        enabled: bool | None = None,
    ) -> None:
        self._set(
            namespace=None if namespace is None else a_namespace("namespace", namespace),
            dimensions=None if dimensions is None else _own_dimensions(dimensions),
            enabled=enabled,
        )

    def __hash__(self) -> int:
        return hash((self.namespace, frozenset((self.dimensions or {}).items()), self.enabled))


def _own_dimensions(given: Mapping[str, str]) -> dict[str, str]:
    found = a_dimensions("dimensions", given)
    reserved = {
        FUNCTION_DIMENSION,
        ERROR_DIMENSION,
        *("level", "timestamp"),  # which Lambda reads
        *(value for name, value in vars(MetricName).items() if name.isupper()),
    }
    for name in found:
        if name in reserved or name.startswith("_"):
            raise SettingsError(f"dimension {name!r} has a name that the metrics use themselves: give it another one")
    return found


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
        name: value.as_dict() if isinstance(value, Frozen) else list(value) if isinstance(value, tuple) else value  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType]
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


def read_stream(environment: Mapping[str, str], source_arn: str) -> StreamSettings:
    """The settings of one source stream.

    Args:
        environment: Environment variables, such as `os.environ`.
        source_arn: The record's `eventSourceARN`.

    Returns:
        Its settings, empty where no construct wrote any for it.

    Raises:
        SettingsError: A variable cannot be read, and none of the others is for this source.
    """
    found = _first(StreamSettings, environment, lambda settings: settings.source_arn in (None, source_arn))
    return found or StreamSettings()


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
    return _first(AsyncSettings, environment, lambda settings: settings.is_for(qualifier)) or AsyncSettings()


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
    return _named(
        InvokerSettings,
        environment,
        name,
        what="function to call",
        remedy="make a SyncInvocation for it, or pass settings=InvokerSettings(function=…, function_timeout=…) by hand",
    )


def read_idempotency(environment: Mapping[str, str], name: str | None) -> IdempotencySettings:
    """The settings of one idempotency table.

    Args:
        environment: Environment variables, such as `os.environ`.
        name: What the function's code calls it. `None`: the only one there is.

    Returns:
        Its settings.

    Raises:
        SettingsError: A variable cannot be read, none has that name, or no name was given and there are several.
    """
    return _named(
        IdempotencySettings,
        environment,
        name,
        what="idempotency table",
        remedy="have an IdempotencyTable grant the function, or pass settings=IdempotencySettings(table=…) by hand",
    )


def idempotency_is_off(environment: Mapping[str, str]) -> bool:
    """Whether idempotency is turned off, for tests: `REDRIVE_IDEMPOTENCY` is `off`.

    Args:
        environment: Environment variables, such as `os.environ`.

    Raises:
        SettingsError: It is something else: nobody should believe it off, or on, by mistake.
    """
    value = environment.get(_IDEMPOTENCY)
    if value not in (None, "on", "off"):
        raise SettingsError(f"environment variable {_IDEMPOTENCY} is {value!r}: give 'on' or 'off'")
    return value == "off"


def read_circuit(environment: Mapping[str, str], name: str | None) -> CircuitSettings:
    """The settings of one circuit.

    Args:
        environment: Environment variables, such as `os.environ`.
        name: What the function's code calls it. `None`: the only one there is.

    Returns:
        Its settings.

    Raises:
        SettingsError: A variable cannot be read, none has that name, or no name was given and there are several.
    """
    return _named(
        CircuitSettings,
        environment,
        name,
        what="circuit",
        remedy="have a CircuitBreaker construct grant the function, pass settings=CircuitSettings(table=…) by hand, or "
        "store=LocalCircuits() for a state in this process alone",
    )


def read_switch(environment: Mapping[str, str]) -> SwitchSettings:
    """The settings of the function that pauses event source mappings.

    Args:
        environment: Environment variables, such as `os.environ`.

    Returns:
        Its settings.

    Raises:
        SettingsError: The variable is not there, or cannot be read.
    """
    found = _first(SwitchSettings, environment, lambda _: True)
    if found is None:
        raise SettingsError(
            f"environment variable {variable(SwitchSettings, 1)} is not there: this function is made by the construct "
            "CircuitBreaker, which writes it"
        )
    return found


def read_metrics(environment: Mapping[str, str]) -> MetricsSettings:
    """How the metrics of the function are written.

    Args:
        environment: Environment variables, such as `os.environ`.

    Returns:
        The settings, empty where no construct wrote any.

    Raises:
        SettingsError: The variable cannot be read.
    """
    return _first(MetricsSettings, environment, lambda _: True) or MetricsSettings()


def _named(kind: type[N], environment: Mapping[str, str], name: str | None, *, what: str, remedy: str) -> N:
    if name is not None:
        found = _first(kind, environment, lambda settings: settings.name == name)
        if found is not None:
            return found
    every: list[N] = []
    for each in _each(kind, environment):
        if isinstance(each, SettingsError):  # it may be the one that is meant
            raise each
        every.append(each)
    if name is None and len(every) == 1:
        return every[0]
    names = ", ".join(repr(each.name) for each in every) or "none"
    raise SettingsError(f"no {what} is known as {name!r}; known are: {names}; give one of these names, {remedy}")


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
