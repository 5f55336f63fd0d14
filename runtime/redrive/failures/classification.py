"""Classifies errors as permanent, throttling, transient or other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from enum import Enum

from redrive.core import Permanent

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from redrive.failures.backoff import Backoff


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

# Python's own attributes: a class of errors may define others of these names.
_CAUSE: Any = BaseException.__dict__["__cause__"]
_PARTS: Any = BaseExceptionGroup.__dict__["exceptions"]


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
    return class_of(leaves(error))


def class_of(parts: list[BaseException]) -> FailureClass:
    """Return the class of errors that were raised together, as `leaves` returns them."""
    classes = set(map(_class_of_one, parts))
    for wins in (FailureClass.THROTTLING, FailureClass.TRANSIENT, FailureClass.OTHER):
        if wins in classes:
            return wins
    return FailureClass.PERMANENT


def _class_of_one(error: BaseException) -> FailureClass:
    if is_of(error, Permanent):
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
    found: list[BaseException] = []
    groups: set[int] = set()
    waiting = [error]
    while waiting:  # no recursion: groups may be nested deeply, and share parts
        each = waiting.pop()
        if not is_of(each, BaseExceptionGroup):  # pyright: ignore[reportUnknownArgumentType]
            found.append(each)
        elif id(each) not in groups:
            groups.add(id(each))
            waiting += reversed(_PARTS.__get__(each))
    return found


def is_of(error: BaseException, kinds: type[BaseException] | tuple[type[BaseException], ...]) -> bool:
    """Return True if an error is of a class; `isinstance` also reads `__class__`, which an object can define."""
    return issubclass(type(error), kinds)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield the error and the chain of errors it was explicitly raised from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:  # a chain of causes can be circular
        seen.add(id(link))
        yield link
        link = cause_of(link)


def cause_of(error: BaseException) -> BaseException | None:
    """Return the error from which an error was raised."""
    return _CAUSE.__get__(error)


def _aws_class(error: BaseException) -> FailureClass | None:
    if is_of(error, (ConnectionError, TimeoutError)):
        return FailureClass.TRANSIENT
    # Without a botocore import, the error cannot be one of botocore's.
    if "botocore.exceptions" not in sys.modules:
        return None
    # An import statement, because it waits if another thread is still importing the module.
    from botocore.exceptions import ClientError, HTTPClientError
    from botocore.exceptions import ConnectionError as NotConnected

    if is_of(error, ClientError):
        code, status = _code_and_status(error)
        if code in THROTTLING_CODES or status == 429:
            return FailureClass.THROTTLING
        if code in TRANSIENT_CODES or status in TRANSIENT_STATUS:
            return FailureClass.TRANSIENT
        return None
    return FailureClass.TRANSIENT if is_of(error, (NotConnected, HTTPClientError)) else None


def _code_and_status(error: BaseException) -> tuple[object, object]:
    """Return the code and HTTP status of an error of AWS, empty if it was made by hand without them."""
    empty: dict[str, Any] = {}
    try:
        response: Any = getattr(error, "response")  # noqa: B009
        code: Any = (response.get("Error") or empty).get("Code")
        status: Any = (response.get("ResponseMetadata") or empty).get("HTTPStatusCode")
        return (code if isinstance(code, str) else ""), (status if isinstance(status, int) else None)
    except Exception:
        return "", None
