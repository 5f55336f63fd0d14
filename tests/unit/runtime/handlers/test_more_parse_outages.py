"""A parser that asks a registry, a database, a cache, a process or another function fails with it, not by its data."""

from __future__ import annotations

import concurrent.futures
import queue
import sqlite3
import subprocess
from typing import Any

import pytest

from redrive import FunctionError, NotInvoked, SettingsError, SqsSettings, sqs_handler
from redrive.failures.data_faults import is_data_fault
from redrive.testing import recorded_calls, returned_ids, sqs_event


def error_of(module: str, name: str) -> Exception:
    """An error of a package that is not installed here."""
    return type(name, (Exception,), {"__module__": module})("unavailable")


AROUND: list[Exception] = [
    error_of("confluent_kafka.schema_registry.error", "SchemaRegistryError"),
    error_of("redis.exceptions", "ConnectionError"),
    error_of("psycopg", "OperationalError"),
    error_of("psycopg2.errors", "AdminShutdown"),
    error_of("pymongo.errors", "ServerSelectionTimeoutError"),
    error_of("sqlalchemy.exc", "OperationalError"),
    error_of("google.api_core.exceptions", "ServiceUnavailable"),
    error_of("aws_lambda_powertools.utilities.parameters.exceptions", "GetParameterError"),
    sqlite3.OperationalError("database is locked"),
    subprocess.TimeoutExpired("xmllint", 1),
    concurrent.futures.CancelledError(),
    queue.Empty(),
    SettingsError("no such invoker"),
    FunctionError("schemas failed", function="schemas", error_type="KeyError", message="", stack_trace=()),
    NotInvoked("schemas was not invoked", function="schemas"),
]
DATA: list[Exception] = [
    error_of("confluent_kafka.serialization", "SerializationError"),
    error_of("aws_lambda_powertools.utilities.validation.exceptions", "SchemaValidationError"),
    error_of("redistricting", "BadShape"),  # only begins like a client's name
]


def name_of(error: Exception) -> str:
    return f"{type(error).__module__}.{type(error).__name__}"


@pytest.mark.parametrize("error", AROUND, ids=name_of)
def test_a_failed_call_of_a_parser_is_retried(error: Exception) -> None:
    def parse(body: str) -> Any:
        raise error

    settings = SqsSettings(dead_letter_queue_url="https://sqs.us-east-1.amazonaws.com/123456789012/dead")
    with recorded_calls() as calls:
        handler = sqs_handler(parse=parse, settings=settings)(lambda message: None)
        assert len(returned_ids(handler(sqs_event("{}")))) == 1
    assert "send_message_batch" not in [method for method, _ in calls.requests]


@pytest.mark.parametrize("error", DATA, ids=name_of)
def test_errors_of_deserializers_are_about_the_data(error: Exception) -> None:
    assert is_data_fault(error)
