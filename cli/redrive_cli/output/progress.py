"""Shows progress on standard error, and only in a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any

from redrive_cli.output.terminal import is_a_terminal


@contextmanager
def progress(what: str, total: int | None) -> Generator[Callable[[int, str], None]]:
    """Show a bar for some work, and yield what moves it: the number that is done, and a text.

    Args:
        what: The work.
        total: How much there is; `None`: not known.
    """
    if not is_a_terminal(sys.stderr):
        yield lambda done, text: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns: list[Any] = [TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()]
    with Progress(*columns, TextColumn("{task.fields[said]}"), console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(what, total=total, said="")
        yield lambda done, text: bar.update(task, completed=done, said=text)
