"""Figures in CloudWatch's embedded metric format.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from redrive.metrics_figures import Figures
from redrive.settings import ERROR_DIMENSION, FUNCTION_DIMENSION, METRIC_NAMESPACE, MetricsSettings
from redrive.stdout import stamps

# What a dimension must not be left out for.
_UNKNOWN = "unknown"
_UNIT = "Count"


def lines(figures: Figures, settings: MetricsSettings) -> list[str]:
    """The lines to write: one, and one more for each type of error where there are several.

    A document has one value for each name, of a dimension as of a metric. With one type of error behind the figures,
    the total and that type's figure are the same number, and one document has both dimension sets. With several, the
    first has the totals, and there is one for each type.

    Args:
        figures: The figures.
        settings: Namespace and further dimensions.

    Returns:
        A JSON document each.
    """
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
    """One document.

    Args:
        figures: Whose they are.
        settings: Namespace and further dimensions.
        totals: What is told for the function as a whole.
        error_type: A type of error.
        of_type: What is told for that type.
    """
    more = settings.dimensions or {}
    namespace = settings.namespace or METRIC_NAMESPACE
    # Without the further dimensions, too: dashboards and alarms that do not know of them find what they look for.
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
