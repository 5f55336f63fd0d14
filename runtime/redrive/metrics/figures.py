"""Defines `Figures`, the counts of an invocation, and limits the error types in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

from redrive.core.system import Seam

#: The number of error types published by name in one execution environment. Each is a separate metric in CloudWatch,
#: which costs money, and code that makes class names from its input would create a new one each time.
MOST_ERROR_TYPES = 10
#: The name under which all further error types count.
OTHER = "Other"
# CloudWatch allows 1,024, which no name needs:
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html
_LONGEST_TYPE = 255


class Figures(NamedTuple):
    """The figures of one invocation, as passed to the hook of `meters`.

    Attributes:
        function: The function's name, empty outside of Lambda.
        source: The ARN of the queue or stream; `"async"` for an asynchronous event. For counts outside of a handler, or
            in a `@metered` one, a word for what is counted: `"call"`, `"circuit"`, `"idempotency"` or `"invoke"`.
        request_id: The invocation's request id, empty if it is not known.
        at: The time of publication, in seconds since the epoch.
        counts: Counts by the names in `MetricName`. Counts of 0 are left out.
        counts_by_error: Counts that have an error behind them, by name and error type. They are included in `counts`.
        values: Values that are not sums: `MetricName.ATTEMPT` and `RECEIVE_COUNT`.
    """

    function: str
    source: str
    request_id: str
    at: float
    counts: Mapping[str, int]
    counts_by_error: Mapping[tuple[str, str], int]
    values: Mapping[str, int]


class ErrorTypes:
    """Names the first error types that occur; later ones become `OTHER`."""

    def __init__(self, most: int = MOST_ERROR_TYPES) -> None:
        self._most = most
        self._named: set[str] = set()
        self._lock = Lock()

    def name(self, error_type: str) -> str:
        """Return the name of an error type in a form that CloudWatch accepts, or `OTHER`."""
        name = "".join(each if each.isascii() and each.isprintable() else "?" for each in error_type[:_LONGEST_TYPE])
        if not name.strip():
            return OTHER
        with self._lock:
            if name not in self._named and len(self._named) < self._most:
                self._named.add(name)
            return name if name in self._named else OTHER


#: The error types of this execution environment.
error_types: Seam[ErrorTypes] = Seam(ErrorTypes())


def figures_of(
    counted: Mapping[tuple[str, str | None], int],
    values: Mapping[str, int],
    *,
    function: str,
    source: str,
    request_id: str,
    at: float,
) -> Figures:
    """Build the figures from counts by name and error type, with a limited number of error types."""
    counts: Counter[str] = Counter()
    by_error: Counter[tuple[str, str]] = Counter()
    of_type: Counter[str] = Counter()
    for (name, error_type), number in counted.items():
        counts[name] += number
        if error_type is not None:
            of_type[error_type] += number
    types = error_types.get()
    names = {error_type: types.name(error_type) for error_type, _ in of_type.most_common()}  # frequent first
    for (name, error_type), number in counted.items():
        if error_type is not None:
            by_error[name, names[error_type]] += number
    return Figures(
        function,
        source,
        request_id,
        at,
        MappingProxyType(dict(counts)),
        MappingProxyType(dict(by_error)),
        MappingProxyType(dict(values)),
    )
