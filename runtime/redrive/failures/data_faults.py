"""Tells the faults of an event's data, which no retry changes, from faults around it. Loaded at a parser's failure."""

from __future__ import annotations

from collections.abc import Iterator

from redrive.core import Permanent, Retry, SettingsError
from redrive.failures.classification import leaves

# Outages (`OSError`: network, files, permissions), full memory, a broken deployment, threads that cannot start
# (`RuntimeError`): the same data may parse later.
_AROUND = (OSError, MemoryError, ImportError, NameError, RuntimeError, SystemError, SettingsError, Retry)
# Packages and modules whose errors are all about a call to something else, whatever their base class.
_CLIENTS = tuple(
    f"{name}."
    for name in (
        # AWS, HTTP, gRPC and other services.
        *("aiobotocore", "aiohttp", "aws_lambda_powertools.utilities.parameters", "awscrt", "azure.core", "boto3"),
        *("botocore", "google.api_core", "google.auth", "grpc", "http", "httpcore", "httpx", "hvac", "requests"),
        *("s3transfer", "urllib3"),
        "confluent_kafka.schema_registry",  # its deserializers, whose errors are about data, are elsewhere
        # Databases, caches and brokers.
        *("MySQLdb", "asyncpg", "elastic_transport", "elasticsearch", "kafka", "mysql.connector", "opensearchpy"),
        *("oracledb", "pika", "psycopg", "psycopg2", "pymongo", "pymysql", "redis", "sqlalchemy", "sqlite3", "valkey"),
        # Threads, processes and other functions.
        *("concurrent.futures", "multiprocessing", "_queue", "queue", "subprocess", "redrive.invoker"),
    )
)


def is_data_fault(error: BaseException) -> bool:
    """Return True if only the data can be the cause: no error in the group or in its chain comes from elsewhere."""
    return not any(_is_around(link) for link in _chain(error))


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the errors of a group, and all errors that they were raised from or during."""
    seen: set[int] = set()
    waiting = leaves(error)
    while waiting:
        link = waiting.pop()
        if id(link) in seen:  # a chain can be circular
            continue
        seen.add(id(link))
        yield link
        # Also what was raised in an `except` without `from`, or with `from None`: in doubt, the event is retried.
        waiting += [
            leaf for behind in (link.__cause__, link.__context__) if behind is not None for leaf in leaves(behind)
        ]


def _is_around(error: BaseException) -> bool:
    if isinstance(error, (Permanent, RecursionError)):  # data nested too deeply
        return False
    names = [f"{each.__module__}.{each.__qualname__}" for each in type(error).__mro__]
    if "gzip.BadGzipFile" in names:  # an `OSError` by its class only
        return False
    return isinstance(error, _AROUND) or any(name.startswith(_CLIENTS) for name in names)
