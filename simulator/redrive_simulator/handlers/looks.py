"""Decides how much time passes for a handler that waits in a loop without a wait.

Code takes no virtual time. So a loop that reads the clock until some time has come, or that asks a service until
something is done, would never end.
"""

from __future__ import annotations

# Looks without a wait that are not taken for a loop.
_MOST = 1_000_000
_FIRST_STEP = 1e-6
_LOOKS_TO_DOUBLE = 10_000
_MOST_DOUBLINGS = 40


def step_of(looks: int) -> float:
    """Return the seconds that pass with a look at the clock.

    Very many looks take none. From then on each takes a small part of what has passed with the looks before, so that a
    loop ends soon after the time that it waits for, however far that is.

    Args:
        looks: Number of looks since the handler has waited the last time.
    """
    more = looks - _MOST
    return _FIRST_STEP * 2 ** min(more / _LOOKS_TO_DOUBLE, _MOST_DOUBLINGS) if more > 0 else 0.0
