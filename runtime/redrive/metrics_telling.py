"""Publishes figures to standard output and the user's hook. Loaded only when there are any."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from redrive.clock import now
from redrive.deadline import Deadline
from redrive.failure_hook import tell as tell_hook
from redrive.invocation import function_name, request_id
from redrive.log import described, warn
from redrive.metrics import meters, settings
from redrive.metrics_figures import Figures, figures_of
from redrive.seams import Seam
from redrive.settings import MetricsSettings, read_metrics
from redrive.stdout import write_line
from redrive.written_settings import written

#: Writes each line. Lambda sends standard output to the function's log, from which CloudWatch extracts the metrics:
#: https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Lambda.html
output: Seam[Callable[[str], object]] = Seam(write_line)


def tell(context: Any, source: str, counted: Mapping[tuple[str, str | None], int], values: Mapping[str, int]) -> None:
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
        _write(figures)
        hook = meters.get()
        if hook is not None and _has_time(context):
            tell_hook(hook, figures, "metrics_hook")
    except Exception as broken:
        warn("redrive.metrics_failed", error=described(broken), error_type=type(broken).__name__)


def _write(figures: Figures) -> None:
    in_force = written(lambda environment, _: read_metrics(environment), "") or MetricsSettings()
    chosen = settings.get()
    if chosen is not None:
        in_force = chosen.over(in_force)
    is_on = bool(figures.function) if in_force.enabled is None else in_force.enabled
    if not is_on:
        return
    from redrive.metrics_emf import lines

    for line in lines(figures, in_force):
        output.get()(line)


def _has_time(context: Any) -> bool:
    left = Deadline(context).left_for_calls()
    return left is None or left > 0
