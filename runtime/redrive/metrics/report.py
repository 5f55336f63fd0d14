"""Publishes figures to standard output, in CloudWatch's embedded metric format, and to the user's hook.

Loaded only when there are any.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from typing import Any

from redrive.core.deadline import Deadline
from redrive.core.hooks import call_hook
from redrive.core.invocation import function_name, request_id
from redrive.core.log import described, warn
from redrive.core.stdout import stamps, write_line
from redrive.core.system import Seam, now
from redrive.metrics.figures import Figures, figures_of
from redrive.settings.base import written
from redrive.settings.metrics import (
    ERROR_DIMENSION,
    FUNCTION_DIMENSION,
    METRIC_NAMESPACE,
    MetricsSettings,
    read_metrics,
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
