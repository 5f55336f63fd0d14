"""Failure handling inside a Lambda function: one helper for each construct of `redrive_cdk`.

A name is loaded when it is first asked for, so that a cold start pays for the one helper its function uses.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.backoff import Backoff
    from redrive.classification import FailureClass, classify
    from redrive.errors import InvalidEvent, Permanent, Retry, SettingsError
    from redrive.settings import SqsSettings
    from redrive.sqs import SqsHandler, sqs_handler
    from redrive.sqs_failure import SqsFailure
    from redrive.sqs_message import MessageAttribute, SqsMessage
    from redrive.sqs_response import BatchItemFailure, BatchResponse

_HOMES = {
    "Backoff": "backoff",
    "BatchItemFailure": "sqs_response",
    "BatchResponse": "sqs_response",
    "FailureClass": "classification",
    "InvalidEvent": "errors",
    "MessageAttribute": "sqs_message",
    "Permanent": "errors",
    "Retry": "errors",
    "SettingsError": "errors",
    "SqsFailure": "sqs_failure",
    "SqsHandler": "sqs",
    "SqsMessage": "sqs_message",
    "SqsSettings": "settings",
    "classify": "classification",
    "sqs_handler": "sqs",
}

__all__ = [
    "Backoff",
    "BatchItemFailure",
    "BatchResponse",
    "FailureClass",
    "InvalidEvent",
    "MessageAttribute",
    "Permanent",
    "Retry",
    "SettingsError",
    "SqsFailure",
    "SqsHandler",
    "SqsMessage",
    "SqsSettings",
    "classify",
    "sqs_handler",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'redrive' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"redrive.{_HOMES[name]}"), name)
    globals()[name] = value  # asked for once
    return value


def __dir__() -> list[str]:
    return __all__
