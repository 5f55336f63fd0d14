"""Stands in for the service of another team, with troubles that an item's name asks for.

- `slow-starter-N`: fails until the N-th attempt;
- `night-shift`: is closed at the first attempt and says when it opens;
- `lost`: always fails;
- `recalled-…`: is refused, until the variable RECALL_ENDED is set.
"""

import os
from collections.abc import Sequence


class ReservationError(Exception):
    """The warehouse failed."""


class ClosedError(Exception):
    """The warehouse is closed.

    Attributes:
        opens_in: Seconds until it opens.
    """

    def __init__(self, opens_in: float) -> None:
        super().__init__(f"closed, opens in {opens_in:g} s")
        self.opens_in = opens_in


class RecalledError(Exception):
    """An item must not be sold for now."""


def reserve(lines: Sequence[str], *, attempt: int) -> None:
    """Reserve items.

    Args:
        lines: The items' names.
        attempt: Which attempt this is, from 1.

    Raises:
        ReservationError: It failed.
        ClosedError: It is closed.
        RecalledError: An item is recalled.
    """
    for item in lines:
        if item.startswith("recalled-") and not os.environ.get("RECALL_ENDED"):
            raise RecalledError(f"{item} is recalled")
        if item == "lost":
            raise ReservationError("nobody knows where it is")
        if item == "night-shift" and attempt == 1:
            raise ClosedError(opens_in=2)
        if item.startswith("slow-starter-") and attempt < int(item.rpartition("-")[2]):
            raise ReservationError(f"{item}: not at attempt {attempt}")
