"""The contract between constructs and helpers: the environment variables that carry settings, one module a kind."""

from redrive.core import attach

# `make format` writes `__init__.pyi` from this table.
NAMES = {
    "redrive.failures.backoff": "SQS_WAITS Backoff",
    "redrive.core": "SettingsError",
    "redrive.settings.asynchronous": "AsyncSettings NUMBERED_VERSION RETRY_WAITS read_async",
    "redrive.settings.base": "Settings encode variable written",
    "redrive.settings.circuit": "CircuitSettings PAUSED_BY SWITCH_HANDLER SwitchSettings read_circuit read_switch",
    "redrive.settings.idempotency": "IdempotencySettings idempotency_is_off read_idempotency",
    "redrive.settings.invoker": "InvokerSettings read_invoker",
    "redrive.settings.metrics": (
        "ERROR_DIMENSION FUNCTION_DIMENSION METRIC_NAMESPACE MetricName MetricsSettings read_metrics"
    ),
    "redrive.settings.sqs": "SqsSettings read_sqs",
    "redrive.settings.streams": "StreamSettings read_stream settings_for",
}

__getattr__, __dir__ = attach(__name__, NAMES)
