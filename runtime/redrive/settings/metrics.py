"""Names the metrics, and defines and reads their settings."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.core import SettingsError
from redrive.settings.base import Settings, first_settings

#: The default namespace of the helpers' metrics in CloudWatch.
METRIC_NAMESPACE = "Lambda/Retry"
#: The dimension of the function's name: each metric has a total per function.
FUNCTION_DIMENSION = "FunctionName"
#: The dimension of the error's type: metrics with an error behind them also have a total per function and type.
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
    #: Messages that were not started at their last receive, and were sent back to their queue as new messages.
    SENT_BACK = "SentBack"
    #: Messages that were not started at their last receive, and neither sent back nor dead-lettered by the helper: SQS
    #: moves them to the dead-letter queue.
    UNTRIED = "Untried"
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


class MetricsSettings(Settings, kw_only=True):
    """Settings for the metrics that the helpers write. `None` means the default of each attribute.

    A construct writes the settings that it was given. For functions that the constructs did not make, set the
    environment variable `REDRIVE_METRICS_1`, such as `{"namespace": "Shop", "dimensions": {"Stage": "prod"}}`, or
    configure them in code: `redrive.metrics_settings.use(MetricsSettings(namespace="Shop"))`.

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

    namespace: str | None = None
    dimensions: Mapping[str, str] | None = None
    enabled: bool | None = None

    def _check(self) -> None:
        if self.namespace is None and self.dimensions is None:
            return
        from redrive.settings.values import dimensions, namespace

        if self.namespace is not None:
            namespace("namespace", self.namespace)
        if self.dimensions is not None:
            self._set(dimensions=_without_reserved_names(dimensions("dimensions", self.dimensions)))

    def __hash__(self) -> int:
        return hash((self.namespace, frozenset((self.dimensions or {}).items()), self.enabled))


def _without_reserved_names(dimensions: Mapping[str, str]) -> Mapping[str, str]:
    reserved = {
        FUNCTION_DIMENSION,
        ERROR_DIMENSION,
        *("level", "timestamp"),  # Lambda reads these
        *(value for name, value in vars(MetricName).items() if name.isupper()),
    }
    for name in dimensions:
        if name in reserved or name.startswith("_"):
            raise SettingsError(f"dimension {name!r} has a name that the metrics use themselves: give it another one")
    return dimensions


def read_metrics(environment: Mapping[str, str]) -> MetricsSettings:
    """Return the settings of the function's metrics, empty if there are none."""
    return first_settings(MetricsSettings, environment, lambda _: True) or MetricsSettings()
