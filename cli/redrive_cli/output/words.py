"""Writes numbers, ages and durations for people."""

from __future__ import annotations

from datetime import datetime

_BARS = " ▁▂▃▄▅▆▇█"


def age(time: datetime | None, now: datetime) -> str:
    """Return how long ago a time is, such as `3 h`."""
    return "–" if time is None else duration((now - time).total_seconds())


def duration(seconds: float) -> str:
    """Return a duration in one unit, such as `90 s`, `12 min`, `3 h`, `2 d`."""
    for unit, size, most in (("s", 1, 100), ("min", 60, 100), ("h", 3600, 48)):
        if seconds < size * most:
            return f"{max(0, round(seconds / size))} {unit}"
    return f"{round(seconds / 86_400)} d"


def count(number: int, word: str, words: str | None = None) -> str:
    """Return a number with its word, such as `1 failure` or `2 failures`."""
    return f"{number:,} {word if number == 1 else words or f'{word}s'}"


def bars(numbers: list[int]) -> str:
    """Return numbers as bars of different height; 0 has none."""
    most = max(numbers, default=0)
    if not most:
        return ""
    return "".join(_BARS[0 if not each else max(1, round(each / most * (len(_BARS) - 1)))] for each in numbers)
