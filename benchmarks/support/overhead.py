"""Times handlers of batches beside each other."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from typing import Any

SIZES = (10, 100, 1_000, 10_000)


class Context:
    """Lambda's context, as far as a deadline goes: it computes the time left as the Python runtime's does."""

    def __init__(self) -> None:
        self.deadline = int(time.time() * 1000) + 300_000

    def get_remaining_time_in_millis(self) -> int:
        left = self.deadline - int(time.time() * 1000)
        return max(left, 0)


Handler = Callable[[dict[str, Any], Context], object]


def medians(batch: dict[str, Any], size: int, total: int, handlers: Mapping[str, Handler]) -> list[float]:
    """Calls the handlers in turn with the same batch.

    Args:
        batch: The event.
        size: How many messages or records are in it.
        total: How many of them each handler is to handle, a quarter of that in small batches.
        handlers: The handlers, by name.

    Returns:
        The median time of each handler per message or record, in microseconds.
    """
    times: dict[str, list[float]] = {name: [] for name in handlers}
    for _ in range(total // size // 4 if size < 1_000 else total // size):
        for name, handler in handlers.items():
            context = Context()
            started = time.perf_counter()
            handler(batch, context)
            times[name].append((time.perf_counter() - started) / size * 1e6)
    return [statistics.median(times[name]) for name in handlers]
