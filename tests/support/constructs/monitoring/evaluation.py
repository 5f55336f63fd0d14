"""Evaluates an alarm of a template on series of data, as CloudWatch does.

Only what the constructs use: static thresholds, and expressions of the form `IF(a > 0 AND FILL(b, 0) == 0, 1, 0)`.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
"""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from typing import Any

#: A value for each minute, the newest last; `None` for missing data.
Series = Sequence[float | None]

_COMPARISONS = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
}
_STATISTICS = {"Sum": sum, "Maximum": max}
_EXPRESSION = re.compile(r"IF\((\w+) > 0 AND FILL\((\w+), 0\) == 0, 1, 0\)")


def spread(length: int, *, every: int, value: float, later: int = 0) -> Series:
    """A series with a value each so many minutes, and missing data between."""
    return [value if minute % every == later else None for minute in range(length)]


def is_in_alarm(alarm: Mapping[str, Any], data: Mapping[str, Series]) -> bool:
    """Say whether an alarm is in the state ALARM, with the data of its metrics by their names."""
    points = _points(alarm, data)[-alarm["EvaluationPeriods"] :]
    compare, threshold = _COMPARISONS[alarm["ComparisonOperator"]], alarm["Threshold"]
    missing = {"breaching": True, "notBreaching": False}[alarm["TreatMissingData"]]
    breaching = [missing if point is None else compare(point, threshold) for point in points]
    return sum(breaching) >= alarm.get("DatapointsToAlarm", alarm["EvaluationPeriods"])


def _points(alarm: Mapping[str, Any], data: Mapping[str, Series]) -> list[float | None]:
    if "MetricName" in alarm:
        return _in_periods(data[alarm["MetricName"]], alarm["Period"], alarm["Statistic"])
    series = {
        each["Id"]: _in_periods(
            data[each["MetricStat"]["Metric"]["MetricName"]], each["MetricStat"]["Period"], each["MetricStat"]["Stat"]
        )
        for each in alarm["Metrics"]
        if "MetricStat" in each
    }
    (expression,) = [each["Expression"] for each in alarm["Metrics"] if "Expression" in each]
    named = _EXPRESSION.fullmatch(expression)
    assert named, f"not an expression known here: {expression}"
    there, filled = (series[name] for name in named.groups())
    return [
        None if one is None else float(one > 0 and (other or 0) == 0) for one, other in zip(there, filled, strict=True)
    ]


def _in_periods(series: Series, seconds: int, statistic: str) -> list[float | None]:
    size = seconds // 60
    chunks = [series[start : start + size] for start in range(len(series) % size, len(series), size)]
    values = [[value for value in chunk if value is not None] for chunk in chunks]
    return [float(_STATISTICS[statistic](known)) if known else None for known in values]
