"""What kind of failure an error is."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from enum import Enum

from redrive.backoff import Backoff
from redrive.errors import Permanent


class FailureClass(Enum):
    """What kind of failure an error is, and so what becomes of the event."""

    #: Will never succeed: set aside at once.
    PERMANENT = "permanent"
    #: A service refused for being called too often: retried on the longer schedule.
    THROTTLING = "throttling"
    #: A service or the network failed for the moment: retried on the longer schedule.
    TRANSIENT = "transient"
    #: Anything else: retried.
    OTHER = "other"


#: Decides the class of an error. A user's own may fall back on `classify`.
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
    """Tell permanent, throttled and transient failures from the rest.

    `Permanent` is permanent. botocore's errors are judged by AWS's error code and HTTP status, connection and
    time-out errors (botocore's and Python's own) are transient, and an error raised `from` one of either counts as it
    does. An exception group is permanent only if everything in it is.

    Args:
        error: What the function raised.

    Returns:
        The class. `OTHER` where nothing is known.
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
    """The schedule for one class of failures.

    Args:
        backoff: The schedule for failures of which nothing is known.
        failure: The class.

    Returns:
        `backoff.longer()` for throttling and transient failures, which the next try would meet again, and add to.
    """
    return backoff.longer() if failure in (FailureClass.THROTTLING, FailureClass.TRANSIENT) else backoff


def leaves(error: BaseException) -> list[BaseException]:
    """The errors in an exception group, such as an `asyncio.TaskGroup` raises; the error itself if it is none."""
    if not isinstance(error, BaseExceptionGroup):
        return [error]
    # What a group holds has no type before it is looked at.
    parts: tuple[BaseException, ...] = error.exceptions  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    return [leaf for part in parts for leaf in leaves(part)]


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was explicitly raised from."""
    seen: set[int] = set()
    link: BaseException | None = error
    while link is not None and id(link) not in seen:  # a chain can be made to bite its own tail
        seen.add(id(link))
        yield link
        link = link.__cause__


def _aws_class(error: BaseException) -> FailureClass | None:
    if isinstance(error, (ConnectionError, TimeoutError)):
        return FailureClass.TRANSIENT
    # An error can only be botocore's if something has imported botocore.
    if "botocore.exceptions" not in sys.modules:
        return None
    # By an import statement, because another thread may be in the middle of importing it: this one waits for the end.
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
