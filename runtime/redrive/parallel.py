"""Several AWS calls at once, so that a large batch is answered in time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from redrive.seams import Seam

# boto3 keeps ten connections a client: https://boto3.amazonaws.com/v1/documentation/api/latest/guide/configuration.html
_MOST = 8


def _in_threads(work: Callable[[Any], None], items: Sequence[Any]) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(min(_MOST, len(items))) as pool:
        list(pool.map(work, items))


#: Runs some work on each item. The simulator runs them in turn, for the same history at each run.
runner: Seam[Callable[[Callable[[Any], None], Sequence[Any]], None]] = Seam(_in_threads)


def run_all(work: Callable[[Any], None], items: Sequence[Any]) -> None:
    """Run work on each item, in threads where there is more than one.

    Args:
        work: Must not raise.
        items: What to work on.
    """
    if len(items) > 1:
        runner.get()(work, items)
    elif items:
        work(items[0])
