"""Classifies errors as permanent, throttling, transient or other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from enum import Enum

from redrive.core.log import described, shortened, warn
from redrive.failures.backoff import Backoff
from redrive.failures.errors import Permanent, Retry


class FailureClass(Enum):
    """The class of an error, which decides what happens to the event.

    Attributes:
        PERMANENT: The event will never succeed: it is dead-lettered or set aside at once.
        THROTTLING: A service refused a call because of too many calls: the event is retried on the longer schedule.
        TRANSIENT: A service or the network failed temporarily: the event is retried on the longer schedule.
        OTHER: Any other error: the event is retried.
    """

    PERMANENT = "permanent"
    THROTTLING = "throttling"
    TRANSIENT = "transient"
    OTHER = "other"


#: Returns the class of an error. A user's own function can call `classify` for all other errors.
Classify = Callable[[BaseException], FailureClass]

# https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html lists the codes of both sets.
THROTTLING_CODES = frozenset(
    {
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    }
)
TRANSIENT_CODES = frozenset({"IDPCommunicationError", "InternalError", "RequestTimeout", "RequestTimeoutException"})
TRANSIENT_STATUS = frozenset({500, 502, 503, 504})


def classify(error: BaseException) -> FailureClass:
    """Classify an error as permanent, throttling, transient or other.

    `Permanent` is permanent. Errors of botocore are classified by AWS's error code and HTTP status. Connection and
    timeout errors, of botocore and of Python itself, are transient. An error raised `from` one of these gets the class
    of its cause. An exception group is permanent only if all errors in it are; otherwise the first of throttling,
    transient and other that occurs in it decides.

    The error codes come from https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html.

    Args:
        error: The error that the function raised.

    Returns:
        The class; `OTHER` if no rule applies.
    """
    parts = leaves(error)
    if len(parts) > 1:
        classes = {classify(part) for part in parts}
        for wins in (FailureClass.THROTTLING, FailureClass.TRANSIENT, FailureClass.OTHER):
            if wins in classes:
                return wins
        return FailureClass.PERMANENT
    (error,) = parts
    if isinstance(error, Permanent):
        return FailureClass.PERMANENT
    for link in _causes(error):
        found = _aws_class(link)
        if found is not None:
            return found
    return FailureClass.OTHER


def schedule(backoff: Backoff, failure: FailureClass) -> Backoff:
    """Return the schedule for a class of failure: `backoff.longer()` for throttling and transient failures."""
    return backoff.longer() if failure in (FailureClass.THROTTLING, FailureClass.TRANSIENT) else backoff


def leaves(error: BaseException) -> list[BaseException]:
    """Return the errors in an exception group, such as an `asyncio.TaskGroup` raises, or the error itself."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    # Pyright does not know the types of the errors in a group.
    parts: tuple[BaseException, ...] = error.exceptions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return [leaf for part in parts for leaf in leaves(part)]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and the chain of errors it was explicitly raised from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:  # a chain of causes can be circular
        seen.add(id(link))
        yield link
        link = link.__cause__


def _aws_class(error: BaseException) -> FailureClass | None:
    if isinstance(error, (ConnectionError, TimeoutError)):
        return FailureClass.TRANSIENT
    # Without a botocore import, the error cannot be one of botocore's.
    if "botocore.exceptions" not in sys.modules:
        return None
    # An import statement, because it waits if another thread is still importing the module.
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NotConnected

    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
        if code in THROTTLING_CODES or status == 429:
            return FailureClass.THROTTLING
        if code in TRANSIENT_CODES or status in TRANSIENT_STATUS:
            return FailureClass.TRANSIENT
        return None
    return FailureClass.TRANSIENT if isinstance(error, (NotConnected, HTTPClientError)) else None


def class_of(error: BaseException, users: Classify | None) -> FailureClass:
    """Return the class of an error: by `Permanent` and `Retry`, else by the user's classification, else by `classify`.

    Args:
        error: The error that the function raised.
        users: The user's own classification, if any. If it fails, that is logged and `classify` decides.
    """
    parts = leaves(error)
    if all(isinstance(part, Permanent) for part in parts):
        return FailureClass.PERMANENT
    if any(isinstance(part, Retry) for part in parts):
        return FailureClass.OTHER
    if users is not None:
        try:
            return FailureClass(users(error))  # raises ValueError if the result is not a class
        except KeyboardInterrupt:
            raise
        except BaseException as broken:  # a broken classification must not fail the whole batch
            warn("redrive.classify_failed", error=described(broken), error_type=type(broken).__name__)
    return classify(error)


def explained(error: BaseException) -> tuple[str, str]:
    """Return the reason and the type name of an error.

    `Permanent` and `Retry` raised from another error take the type of that error. A group gives the reasons of its
    parts.
    """
    parts = leaves(error)
    if len(parts) > 1:
        return shortened("; ".join(map(described, parts))), type(error).__name__
    (error,) = parts
    cause = error.__cause__ if type(error) in (Permanent, Retry) else None
    if cause is not None and isinstance(error, Retry):  # `Retry` says when to try again, its cause says why
        return shortened(f"{described(error)}: {described(cause)}"), type(cause).__name__
    return described(error), type(cause or error).__name__


# MERGED-DOC redrive.diagnosis: Classifies the error that a function has raised, and describes it for people.
