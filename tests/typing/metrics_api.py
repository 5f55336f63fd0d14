"""Metrics as users write them. Nothing here runs: `pyright` reads it, in strict mode."""

# pyright: strict, reportUnusedFunction=false, reportUnnecessaryTypeIgnoreComment=true

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, assert_type

from redrive import Figures, MetricName, MetricsSettings, metered, meters, metrics_settings


def export(figures: Figures) -> None:
    assert_type(figures.function, str)
    assert_type(figures.at, float)
    assert_type(figures.counts, Mapping[str, int])
    assert_type(figures.counts_by_error, Mapping[tuple[str, str], int])
    assert_type(figures.values.get(MetricName.RECEIVE_COUNT), int | None)
    figures.source = ""  # pyright: ignore[reportAttributeAccessIssue]


meters.use(export)
meters.use(None)
meters.use(chr)  # pyright: ignore[reportArgumentType]
with meters.replaced(export):
    pass

metrics_settings.use(MetricsSettings(namespace="Shop", dimensions={"Stage": "prod"}, enabled=True))
MetricsSettings("Shop")  # pyright: ignore[reportCallIssue]
MetricsSettings(dimensions={"Stage": 1})  # pyright: ignore[reportArgumentType]


@metered
def handler(event: dict[str, int], context: object) -> str:
    return ""


assert_type(handler, Callable[[Any, Any], str])
