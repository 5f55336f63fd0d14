"""Formats figures in CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from redrive.metrics_figures import Figures
from redrive.settings import ERROR_DIMENSION, FUNCTION_DIMENSION, METRIC_NAMESPACE, MetricsSettings
from redrive.stdout import stamps

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
