# Written by `make format` from the table in __init__.py.
from redrive.failures.backoff import Backoff as Backoff
from redrive.failures.backoff import SQS_WAITS as SQS_WAITS
from redrive.core import SettingsError as SettingsError
from redrive.settings.asynchronous import AsyncSettings as AsyncSettings
from redrive.settings.asynchronous import NUMBERED_VERSION as NUMBERED_VERSION
from redrive.settings.asynchronous import RETRY_WAITS as RETRY_WAITS
from redrive.settings.asynchronous import read_async as read_async
from redrive.settings.base import Settings as Settings
from redrive.settings.base import encode as encode
from redrive.settings.base import variable as variable
from redrive.settings.base import written as written
from redrive.settings.circuit import CircuitSettings as CircuitSettings
from redrive.settings.circuit import PAUSED_BY as PAUSED_BY
from redrive.settings.circuit import SWITCH_HANDLER as SWITCH_HANDLER
from redrive.settings.circuit import SwitchSettings as SwitchSettings
from redrive.settings.circuit import read_circuit as read_circuit
from redrive.settings.circuit import read_switch as read_switch
from redrive.settings.idempotency import IdempotencySettings as IdempotencySettings
from redrive.settings.idempotency import idempotency_is_off as idempotency_is_off
from redrive.settings.idempotency import read_idempotency as read_idempotency
from redrive.settings.invoker import InvokerSettings as InvokerSettings
from redrive.settings.invoker import read_invoker as read_invoker
from redrive.settings.metrics import ERROR_DIMENSION as ERROR_DIMENSION
from redrive.settings.metrics import FUNCTION_DIMENSION as FUNCTION_DIMENSION
from redrive.settings.metrics import METRIC_NAMESPACE as METRIC_NAMESPACE
from redrive.settings.metrics import MetricName as MetricName
from redrive.settings.metrics import MetricsSettings as MetricsSettings
from redrive.settings.metrics import read_metrics as read_metrics
from redrive.settings.sqs import SqsSettings as SqsSettings
from redrive.settings.sqs import read_sqs as read_sqs
from redrive.settings.streams import StreamSettings as StreamSettings
from redrive.settings.streams import read_stream as read_stream
from redrive.settings.streams import settings_for as settings_for

__all__ = [
    "AsyncSettings",
    "Backoff",
    "CircuitSettings",
    "ERROR_DIMENSION",
    "FUNCTION_DIMENSION",
    "IdempotencySettings",
    "InvokerSettings",
    "METRIC_NAMESPACE",
    "MetricName",
    "MetricsSettings",
    "NUMBERED_VERSION",
    "PAUSED_BY",
    "RETRY_WAITS",
    "SQS_WAITS",
    "SWITCH_HANDLER",
    "Settings",
    "SettingsError",
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
    "settings_for",
    "variable",
    "written",
]
