"""Classifies errors as permanent, throttling, transient or other."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from enum import Enum

from redrive.failures.errors import Permanent

TYPE_CHECKING = False
if TYPE_CHECKING:
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
    classes = {_class_of_one(part) for part in parts}
    for wins in (FailureClass.THROTTLING, FailureClass.TRANSIENT, FailureClass.OTHER):
        if wins in classes:
            return wins
    return FailureClass.PERMANENT


def _class_of_one(error: BaseException) -> FailureClass:
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
