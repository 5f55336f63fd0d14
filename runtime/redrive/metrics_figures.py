"""`Figures`: what an invocation has to tell, as it is written and as the user's own telemetry sees it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from threading import Lock
from types import MappingProxyType
from typing import NamedTuple

from redrive.seams import Seam

#: So many types of errors are told by their names in one execution environment. Each is a metric of its own in
#: CloudWatch, which costs money; and what names its classes by what it was given would make one each time.
MOST_ERROR_TYPES = 10
#: What the rest of them count as.
OTHER = "Other"
# https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_Dimension.html; and no name needs 1,024.
_LONGEST_TYPE = 255


class Figures(NamedTuple):
    """The figures of one invocation.

    Attributes:
        function: The function's name, empty outside of Lambda.
        source: The ARN of the queue or stream; `"async"` for an asynchronous event; for what was counted outside of any
            handler, or in a `@metered` one, a word for it: `"call"`, `"circuit"`, `"idempotency"` or `"invoke"`.
        request_id: The invocation's, empty where it is not known.
        at: When, in seconds since the epoch.
        counts: How many, by the names in `MetricName`. What is 0 is left out.
        counts_by_error: How many with an error of one type behind them, by name and type. They are in `counts`, too.
        values: Those that are no sums: `MetricName.ATTEMPT` and `RECEIVE_COUNT`.
    """

    function: str
    source: str
    request_id: str
    at: float
    counts: Mapping[str, int]
    counts_by_error: Mapping[tuple[str, str], int]
    values: Mapping[str, int]


class ErrorTypes:
    """The types of errors that are told by their names: the first ones that came.

    Args:
        most: How many.
    """

    def __init__(self, most: int = MOST_ERROR_TYPES) -> None:
        self._most = most
        self._named: set[str] = set()
        self._lock = Lock()

    def name(self, error_type: str) -> str:
        """What a type is told as.

        Args:
            error_type: The name of the error's class.

        Returns:
            The name, as CloudWatch takes it, or `OTHER`.
        """
        name = "".join(each if each.isascii() and each.isprintable() else "?" for each in error_type[:_LONGEST_TYPE])
        if not name.strip():
            return OTHER
        with self._lock:
            if name not in self._named and len(self._named) < self._most:
                self._named.add(name)
            return name if name in self._named else OTHER


#: Those of this execution environment.
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
    """What was counted, as figures.

    Args:
        counted: How many, by name and the type of the error behind it.
        values: Those that are no sums.
        function: The function's name.
        source: Where the records came from.
        request_id: The invocation's.
        at: Seconds since the epoch.

    Returns:
        The figures, with no more types of errors than may be told.
    """
    counts: Counter[str] = Counter()
    by_error: Counter[tuple[str, str]] = Counter()
    of_type: Counter[str] = Counter()
    for (name, error_type), number in counted.items():
        counts[name] += number
        if error_type is not None:
            of_type[error_type] += number
    types = error_types.get()
    told = {error_type: types.name(error_type) for error_type, _ in of_type.most_common()}  # the frequent ones first
    for (name, error_type), number in counted.items():
        if error_type is not None:
            by_error[name, told[error_type]] += number
    return Figures(
        function,
        source,
        request_id,
        at,
        MappingProxyType(dict(counts)),
        MappingProxyType(dict(by_error)),
        MappingProxyType(dict(values)),
    )
