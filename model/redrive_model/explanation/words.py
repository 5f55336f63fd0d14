"""Writes times and limits in words."""

from __future__ import annotations

from math import inf

_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def duration(seconds: float) -> str:
    """Return a time in at most two units, such as `90 s`, `3 min`, `1 h 30 min`, `4 d`."""
    if seconds == inf:
        return "no limit"
    if seconds < 120:
        return f"{seconds:g} s" if seconds % 1 == 0 else f"{seconds:.1f} s"
    whole = round(seconds)
    parts: list[str] = []
    for size, unit in _UNITS:
        if whole >= size and len(parts) < 2:
            number, whole = divmod(whole, size)
            parts.append(f"{number:,} {unit}")
        elif parts:
            break
    return " ".join(parts)


def span(earliest: float, latest: float) -> str:
    """Return a time that is only known within bounds, such as `1 min` or `45–75 s`."""
    low, high = duration(earliest), duration(latest)
    if low == high:
        return low
    number, _, unit = high.rpartition(" ")
    if low.endswith(f" {unit}") and low.count(" ") == 1 and high.count(" ") == 1:
        return f"{low.partition(' ')[0]}–{number} {unit}"
    return f"{low} – {high}"


def count(least: float, most: float, word: str = "attempt") -> str:
    """Return a number of attempts, such as `3 attempts` or `2–3 attempts`."""
    if least == most:
        return f"{_number(least)} {word}{'' if least == 1 else 's'}"
    return f"{_number(least)}–{_number(most)} {word}s"


def _number(value: float) -> str:
    return "unlimited" if value == inf else f"{value:,.0f}"
