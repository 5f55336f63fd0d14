"""Defines the settings that constructs pass to the runtime helpers in environment variables, and reads them.

Lambda allows 4 KB for all variables of a function together; a source takes about 500 bytes:
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

    #: The place where attempts of an asynchronous event are counted. For the uses of each see `TmpCounter`,
    #: `DynamoDBCounter`, `S3Counter` and `LogsCounter`.
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

#: The qualifier of any numbered version in `AsyncSettings`. A version's number is not known before it is published, and
#: by then its environment is fixed. No alias can have this name.
NUMBERED_VERSION = "#"
#: The tag on an event source mapping that names the circuit that paused it.
PAUSED_BY = "redrive:paused-by"
_IDEMPOTENCY = "REDRIVE_IDEMPOTENCY"

#: The default namespace of the helpers' metrics in CloudWatch.
METRIC_NAMESPACE = "Lambda/Retry"
#: The dimensions: each metric has a total per function, and those with an error behind them also one per error type.
FUNCTION_DIMENSION = "FunctionName"
ERROR_DIMENSION = "ErrorType"


class MetricName:
    """Names of the metrics in CloudWatch. All are sums, except `ATTEMPT` and `RECEIVE_COUNT`."""

    #: Records that failed and are delivered again.
    RETRIED = "Retried"
    #: Records that failed and will never succeed.
    PERMANENT_FAILURES = "PermanentFailures"
    #: Messages that the helper sent to the dead-letter queue.
    DEAD_LETTERED = "DeadLettered"
    #: Stream records that the helper set aside.
    SET_ASIDE = "SetAside"
    #: Records that could not be dead-lettered or set aside, and are delivered again instead.
    NOT_SET_ASIDE = "NotSetAside"
    #: Records that were deferred: not started for lack of time.
    DEFERRED = "Deferred"
    #: Records that were not started because one before them in order failed, or because a circuit is open.
    HELD = "Held"
    #: Calls and records that had been processed before, and were answered without running.
    DUPLICATES = "Duplicates"
    #: Calls and records that did not run because the same one was in progress elsewhere.
    IN_PROGRESS = "InProgress"
    #: Calls and records that were processed but could not be recorded as completed.
    NOT_RECORDED = "NotRecorded"
    #: Calls that were not made because the circuit was open.
    CIRCUIT_REJECTIONS = "CircuitRejections"
    #: Times that this execution environment opened a circuit, or found it failing again when half-open.
    CIRCUIT_OPENED = "CircuitOpened"
    #: Times that this execution environment closed a circuit.
    CIRCUIT_CLOSED = "CircuitClosed"
    #: Calls for which the circuit's state could not be read or written.
    CIRCUIT_STORE_FAILURES = "CircuitStoreFailures"
    #: Retries of synchronous calls to other functions.
    INVOKE_RETRIES = "InvokeRetries"
    #: The number of the attempt at an asynchronous event, counted from 0. A value, not a sum.
    ATTEMPT = "Attempt"
    #: The highest receive count in a batch of messages. A value, not a sum.
    RECEIVE_COUNT = "ReceiveCount"


#: Approximate seconds that Lambda waits after the first and the second function error of an asynchronous event.
RETRY_WAITS = (60, 120)


class Settings(Frozen):
    """The base of all settings: fields that are `None` if they are not known.

    Attributes:
        KIND: The middle part of the environment variable's name.
        FIELDS: The function that reads and checks each field, by field name.
    """

    __slots__ = ()
    KIND: ClassVar[str]
    FIELDS: ClassVar[dict[str, Callable[[str, object], object]]]

    def over(self, others: Self) -> Self:
        """Return these settings, with unset fields taken from others.

        Args:
            others: Settings of the same kind. A field that is `None` here has its value from there.
        """
        mine = {name: value for name, value in self.as_dict().items() if value is not None}
        return others.replace(**mine) if mine else others


class SqsSettings(Settings):
    """Settings of `@sqs_handler` for one source queue. `None` means not known.

    A construct writes all of them. For functions that the constructs did not make, pass the ones that apply by hand:
    `@sqs_handler(settings=SqsSettings(dead_letter_queue_url=…, max_receive_count=5))`.

    Attributes:
        source_arn: The ARN of the queue that these settings are for. `None`: every queue.
        queue_url: The source queue's URL, for `ChangeMessageVisibilityBatch`. `None`: made from the record's
            `eventSourceARN`.
        dead_letter_queue_url: The URL of the queue to which permanent failures are sent. `None`: they are retried like
            any other failure.
        max_receive_count: `maxReceiveCount` of the redrive policy, for `message.is_last_receive`.
        function_timeout: The function's timeout in seconds.
        retention_period: The source queue's message retention in seconds. No retry is delayed past it.
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
    """Settings of `@async_handler` for one qualifier of the function. `None` means not known.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `@async_handler(settings=AsyncSettings(retry_attempts=1))`.

    Attributes:
        qualifier: The qualifier that these settings are for: the name of an alias, `"#"` for any numbered version,
            `"$LATEST"` for the function invoked without a qualifier. `None`: every qualifier.
        retry_attempts: `MaximumRetryAttempts`, 0–2, for `attempt.is_last`.
        max_event_age: `MaximumEventAgeInSeconds`, for `attempt.is_last` and for the time that attempts are remembered.
        counter: The place where attempts are counted: `"tmp"`, `"dynamodb"`, `"s3"` or `"logs"`. `None`: in `/tmp`.
        counter_table: The name of the DynamoDB table for `counter="dynamodb"`.
        counter_bucket: The name of the S3 bucket for `counter="s3"`.
        counter_prefix: The prefix of the object keys in that bucket.
        counter_log_group: The name of the log group for `counter="logs"`. `None`: the one that Lambda names in the
            function's environment, else the default one, `/aws/lambda/` and the function's name.

    Raises:
        SettingsError: A value is outside of its range, or a counter lacks its table or bucket.
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
        """Return true if these settings are for a qualifier.

        Args:
            qualifier: As in the invoked ARN: an alias, a version's number, or `"$LATEST"`.
        """
        return self.qualifier in (None, NUMBERED_VERSION if qualifier.isdecimal() else qualifier)

    @property
    def last_attempt(self) -> int | None:
        """The number of the last attempt before Lambda gives up an event, as its retries and maximum age allow.

        After the first function error Lambda waits one minute, after the second one two minutes. It gives up at once an
        event that would be too old by then. An event that has waited longer, in a long queue or for lack of
        concurrency, may be given up earlier.
        https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html

        Returns:
            0, 1 or 2; `None` if the number of retries is not known.
        """
        if self.retry_attempts is None:
            return None
        number = age = 0
        for wait in RETRY_WAITS[: self.retry_attempts]:
            age += wait
            # A real event's age is slightly above the sum of the waits, so an equal sum is already too old.
            if self.max_event_age is not None and age >= self.max_event_age:
                break
            number += 1
        return number


class StreamSettings(Settings):
    """Settings of `@kinesis_handler` and `@dynamodb_stream_handler` for one source stream. `None` means not known.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `@kinesis_handler(settings=StreamSettings(set_aside_queue_url=…))`.

    Attributes:
        source_arn: The ARN of the stream that these settings are for, also when a consumer registered with it reads it.
            `None`: every stream.
        set_aside_queue_url: The URL of the SQS queue to which permanent failures are sent.
        set_aside_bucket: The name of the S3 bucket to which permanent failures are written if there is no queue or they
            do not fit into a message. With neither queue nor bucket they are retried like any other failure.
        set_aside_prefix: The prefix of the object keys in that bucket.
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
    """Settings of `Invoker` for one function that it calls. `None` means not known.

    A construct writes the settings of what it sets up. For callers that the constructs did not make, pass them by hand:
    `Invoker(settings=InvokerSettings(function="prices", function_timeout=10))`.

    Attributes:
        name: The name of the called function in the caller's code: `Invoker("Prices")`.
        function: The called function's name or ARN, with the qualifier if it has one.
        function_timeout: The called function's timeout in seconds. The caller waits at least that long for a reply.
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
    """Settings of `Idempotency` for one table of idempotency records. `None` means not known.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `Idempotency(settings=IdempotencySettings(table="orders-idempotency"))`.

    Attributes:
        name: The name in the function's code: `Idempotency("Orders")`. A construct uses its id.
        table: The table's name.
        expiry: Seconds for which a completed call or record is remembered.
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
    """Settings of `CircuitBreaker` for one circuit. `None` means not known; `CircuitPolicy` has the defaults.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `CircuitBreaker("Payments", settings=CircuitSettings(table="circuits"))`.

    Attributes:
        name: The name in the function's code: `CircuitBreaker("Payments")`. A construct uses its id.
        table: The name or ARN of the table that stores the circuit's state.
        failure_threshold: The number of failures that opens the circuit.
        failure_rate: The share of failed calls that opens the circuit.
        minimum_calls: The number of calls below which a failure rate does not open the circuit.
        window: Seconds for which failures count.
        open_time: The time that the circuit stays open. Missing fields have the defaults of `Backoff`.
        success_threshold: The number of probes in a row that must succeed to close the circuit.
        lease: Seconds that a probe may take.
        cache_age: Seconds for which a closed circuit is not read again.
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
    """Settings of the function that pauses event source mappings while a circuit is open. All are required.

    Attributes:
        name: The circuit's name.
        table: The name of the table that stores the circuit's state.
        queue_url: The URL of the queue that delivers the function's timers.
        mappings: The ids of the event source mappings.

    Raises:
        SettingsError: A value is missing.
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
    """Settings for the metrics that the helpers write. `None` means the default of each attribute.

    A construct writes the settings that it was given. For functions that the constructs did not make, set the
    environment variable `REDRIVE_METRICS_1`, such as `{"namespace": "Shop", "dimensions": {"Stage": "prod"}}`, or
    configure them in code: `redrive.metrics.settings.use(MetricsSettings(namespace="Shop"))`.

    Attributes:
        namespace: The namespace in CloudWatch. `None`: `METRIC_NAMESPACE`.
        dimensions: Names and values of further dimensions, at most 28. Each metric is written both with and without
            them, which makes two metrics of it. `None`: none.
        enabled: True if metrics are written to standard output. `None`: only in Lambda. The hook is called with the
            figures in any case.

    Raises:
        SettingsError: A namespace or a dimension that CloudWatch does not accept:
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
        *("level", "timestamp"),  # Lambda reads these
        *(value for name, value in vars(MetricName).items() if name.isupper()),
    }
    for name in found:
        if name in reserved or name.startswith("_"):
            raise SettingsError(f"dimension {name!r} has a name that the metrics use themselves: give it another one")
    return found


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


def read_sqs(environment: Mapping[str, str], source_arn: str) -> SqsSettings:
    """Return the settings of one source queue, empty if there are none."""
    found = _first(SqsSettings, environment, lambda settings: settings.source_arn in (None, source_arn))
    return found or _NO_SQS


def read_stream(environment: Mapping[str, str], source_arn: str) -> StreamSettings:
    """Return the settings of one source stream, empty if there are none."""
    found = _first(StreamSettings, environment, lambda settings: settings.source_arn in (None, source_arn))
    return found or StreamSettings()


def read_async(environment: Mapping[str, str], qualifier: str) -> AsyncSettings:
    """Return the settings of one qualifier of the function, empty if there are none."""
    return _first(AsyncSettings, environment, lambda settings: settings.is_for(qualifier)) or AsyncSettings()


def read_invoker(environment: Mapping[str, str], name: str | None) -> InvokerSettings:
    """Return the settings of one function to call; without a name, the only ones there are."""
    return _named(
        InvokerSettings,
        environment,
        name,
        what="function to call",
        remedy="make a SyncInvocation for it, or pass settings=InvokerSettings(function=…, function_timeout=…) by hand",
    )


def read_idempotency(environment: Mapping[str, str], name: str | None) -> IdempotencySettings:
    """Return the settings of one idempotency table; without a name, the only ones there are."""
    return _named(
        IdempotencySettings,
        environment,
        name,
        what="idempotency table",
        remedy="have an IdempotencyTable grant the function, or pass settings=IdempotencySettings(table=…) by hand",
    )


def idempotency_is_off(environment: Mapping[str, str]) -> bool:
    """Return true if the environment variable `REDRIVE_IDEMPOTENCY` turns idempotency off, for tests."""
    # Any other value is an error: a mistake in it must not turn idempotency off, or leave it on, unnoticed.
    value = environment.get(_IDEMPOTENCY)
    if value not in (None, "on", "off"):
        raise SettingsError(f"environment variable {_IDEMPOTENCY} is {value!r}: give 'on' or 'off'")
    return value == "off"


def read_circuit(environment: Mapping[str, str], name: str | None) -> CircuitSettings:
    """Return the settings of one circuit; without a name, the only ones there are."""
    return _named(
        CircuitSettings,
        environment,
        name,
        what="circuit",
        remedy="have a CircuitBreaker construct grant the function, pass settings=CircuitSettings(table=…) by hand, or "
        "store=LocalCircuits() for a state in this process alone",
    )


def read_switch(environment: Mapping[str, str]) -> SwitchSettings:
    """Return the settings of the function that pauses event source mappings."""
    found = _first(SwitchSettings, environment, lambda _: True)
    if found is None:
        raise SettingsError(
            f"environment variable {variable(SwitchSettings, 1)} is not there: this function is made by the construct "
            "CircuitBreaker, which writes it"
        )
    return found


def read_metrics(environment: Mapping[str, str]) -> MetricsSettings:
    """Return the settings of the function's metrics, empty if there are none."""
    return _first(MetricsSettings, environment, lambda _: True) or MetricsSettings()


def _named(kind: type[N], environment: Mapping[str, str], name: str | None, *, what: str, remedy: str) -> N:
    if name is not None:
        found = _first(kind, environment, lambda settings: settings.name == name)
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
    raise SettingsError(f"no {what} is known as {name!r}; known are: {names}; give one of these names, {remedy}")


def _first(kind: type[S], environment: Mapping[str, str], is_wanted: Callable[[S], bool]) -> S | None:
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
    import json

    try:
        decoded: object = json.loads(value)
        if not isinstance(decoded, dict):
            raise SettingsError(f"expected a JSON object, got {type(decoded).__name__}")
        fields: dict[str, object] = decoded  # pyright: ignore[reportUnknownVariableType]
        return kind(
            **{each: read(each, fields[each]) for each, read in kind.FIELDS.items() if fields.get(each) is not None}
        )
    except (ValueError, OverflowError, RecursionError) as error:  # not JSON, wrong content, or too large
        raise SettingsError(
            f"environment variable {name} cannot be read ({error}): its value is {value[:200]!r}; it is written by "
            "the construct, so deploy construct and layer of the same release, or pass settings= by hand"
        ) from error


_NO_SQS = SqsSettings()
