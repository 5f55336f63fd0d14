"""Publishes the figures of an invocation to standard output and the user's hook.

The format is CloudWatch's embedded metric format:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html.

Loaded only when there are any.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

from redrive.core.invocation import Deadline, function_name, request_id
from redrive.core.log import call_hook, described, stamps, warn, write_line
from redrive.core.system import Seam, now
from redrive.settings.base import written
from redrive.settings.metrics import (
    ERROR_DIMENSION,
    FUNCTION_DIMENSION,
    METRIC_NAMESPACE,
    MetricsSettings,
    read_metrics,
)

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


#: Writes each line. Lambda sends standard output to the function's log, from which CloudWatch extracts the metrics:
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Lambda.html
output: Seam[Callable[[str], object]] = Seam(write_line)


def publish(
    context: Any,
    source: str,
    counted: Mapping[tuple[str, str | None], int],
    values: Mapping[str, int],
    *,
    hook: Callable[[Figures], object] | None,
    overrides: MetricsSettings | None,
) -> None:
    """Publish the figures of an invocation; an error in doing so is logged and changes nothing else."""
    try:
        figures = figures_of(
            counted,
            values,
            function=function_name(context),
            source=source,
            request_id=request_id(context),
            at=now(),
        )
        _write(figures, overrides)
        if hook is not None and _has_time(context):
            call_hook(hook, figures, "metrics_hook")
    except Exception as broken:
        warn("redrive.metrics_failed", error=described(broken), error_type=type(broken).__name__)


def _write(figures: Figures, overrides: MetricsSettings | None) -> None:
    in_force = written(lambda environment, _: read_metrics(environment), "") or MetricsSettings()
    if overrides is not None:
        in_force = overrides.over(in_force)
    is_on = bool(figures.function) if in_force.enabled is None else in_force.enabled
    if is_on:
        for line in lines(figures, in_force):
            output.get()(line)


def _has_time(context: Any) -> bool:
    left = Deadline(context).left_for_calls()
    return left is None or left > 0


# The function's name outside of Lambda, because the dimension is required.
_UNKNOWN = "unknown"
_UNIT = "Count"


def lines(figures: Figures, settings: MetricsSettings) -> list[str]:
    """Return JSON documents: one for the totals and, unless that can carry them too, one per error type."""
    # A document has one value per name, of a dimension as of a metric. If one error type is behind all figures, its
    # figures equal the totals, and one document can carry both dimension sets.
    by_type: dict[str, dict[str, int]] = {}
    for (name, error_type), count in figures.counts_by_error.items():
        by_type.setdefault(error_type, {})[name] = count
    totals = {**figures.counts, **figures.values}
    if len(by_type) == 1:
        ((error_type, counts),) = by_type.items()
        if all(figures.counts[name] == count for name, count in counts.items()):
            return [_line(figures, settings, totals, error_type, counts)]
    return [
        _line(figures, settings, totals),
        *(_line(figures, settings, {}, error_type, counts) for error_type, counts in by_type.items()),
    ]


def _line(
    figures: Figures,
    settings: MetricsSettings,
    totals: Mapping[str, int],
    error_type: str | None = None,
    of_type: Mapping[str, int] | None = None,
) -> str:
    """Return one document, with `totals` of the function and `of_type` of one error type."""
    more = settings.dimensions or {}
    namespace = settings.namespace or METRIC_NAMESPACE
    # Also without the further dimensions, for dashboards and alarms that do not use them.
    further: list[list[str]] = [[], [*more]] if more else [[]]
    function = [[FUNCTION_DIMENSION, *each] for each in further]
    error = [[FUNCTION_DIMENSION, ERROR_DIMENSION, *each] for each in further]
    both = [name for name in totals if name in (of_type or ())]
    directives = [
        _directive(namespace, function, [name for name in totals if name not in both]),
        _directive(namespace, [*function, *error], both),
        _directive(namespace, error, [name for name in (of_type or ()) if name not in totals]),
    ]
    document: dict[str, object] = {
        "_aws": {
            "Timestamp": int(figures.at * 1000),
            "CloudWatchMetrics": [each for each in directives if each is not None],
        },
        **stamps(figures.at),
        "event": "redrive.metrics",
    }
    named = {"source": figures.source, "request_id": figures.request_id}
    document |= {name: text for name, text in named.items() if text} | dict(more)
    document[FUNCTION_DIMENSION] = figures.function or _UNKNOWN
    if error_type is not None:
        document[ERROR_DIMENSION] = error_type
    return json.dumps({**document, **(of_type or {}), **totals})


def _directive(namespace: str, sets: list[list[str]], names: Collection[str]) -> dict[str, object] | None:
    if not names:
        return None
    metrics = [{"Name": name, "Unit": _UNIT} for name in names]
    return {"Namespace": namespace, "Dimensions": sets, "Metrics": metrics}
