"""Shows times in the unit that a person would choose: seconds, minutes or hours."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from redrive_cdk.monitoring.sections import Unit

_PARTS: tuple[tuple[float, str], ...] = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


class Scale(NamedTuple):
    """A unit of time for an axis or a number.

    Attributes:
        name: Name of the unit, as the label of an axis.
        seconds: Length of the unit.
    """

    name: str
    seconds: float

    def divisor(self, unit: Unit) -> float:
        """Return by what values in a unit are divided to have them in this scale."""
        return self.seconds * 1_000 if unit == "ms" else self.seconds


SECONDS, MINUTES, HOURS = Scale("seconds", 1), Scale("minutes", 60), Scale("hours", 3_600)


def scale_for(unit: Unit, values: Sequence[float]) -> Scale:
    """Return the scale in which the largest of the values, such as thresholds, is a number of two or more.

    Without values, which is a graph without a threshold, these are minutes.
    """
    if not values:
        return MINUTES
    longest = max(values) / (1_000 if unit == "ms" else 1)
    return next((scale for scale in (HOURS, MINUTES) if longest >= 2 * scale.seconds), SECONDS)


def in_words(value: float, unit: Unit) -> str:
    """Format a threshold for people: `"5 min"` for 300 s, `"12 h"` for 43,200,000 ms."""
    if not unit:
        return f"{value:,.6g}"
    seconds = value / 1_000 if unit == "ms" else value
    for size, name in _PARTS:
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.3g} {name}"
    return f"{seconds:.3g} s"
