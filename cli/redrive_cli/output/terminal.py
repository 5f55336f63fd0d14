"""Writes data to standard output as text, JSON or JSON lines, and everything else to standard error."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

Format = Literal["text", "json", "jsonl", "sarif", "html"]
#: The width of tables where there is no terminal; in one, they take no more than this unless it is wider.
WIDTH = 80
_GAP = 2
# A column has at least so many characters, and the last one, with what people read, as many more.
_LEAST, _LEAST_LAST = 8, 20
_LONGEST = 150


@dataclass(frozen=True, slots=True)
class Output:
    """The output of a command.

    Attributes:
        format: The form of the data.
    """

    format: Format = "text"

    @property
    def is_text(self) -> bool:
        """True if the data is for people."""
        return self.format == "text"

    def data(self, value: Mapping[str, Any], rows: Sequence[Mapping[str, Any]] | None = None) -> None:
        """Write data: the whole as JSON (which SARIF is, too), or its rows as JSON lines.

        Args:
            value: The whole.
            rows: The lines. Default: the whole is the only one.
        """
        if self.format in ("json", "sarif"):
            _write(json.dumps(value, indent=2, ensure_ascii=False, default=str))
        else:
            for row in [value] if rows is None else rows:
                _write(json.dumps(row, ensure_ascii=False, default=str))

    def text(self, *parts: RenderableType) -> None:
        """Write text or tables for people."""
        console = _console(sys.stdout)
        for part in parts:
            console.print(part)

    def plain(self, text: str) -> None:
        """Write text to standard output as it is, without wrapping it."""
        _write(text)

    def note(self, text: str) -> None:
        """Write a line to standard error."""
        _console(sys.stderr).print(text, markup=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """Write a warning to standard error."""
        self.note(f"warning: {text}")


def _write(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _console(file: Any) -> Console:
    from rich.console import Console

    is_terminal = is_a_terminal(file)
    console = Console(file=file, highlight=False, emoji=False, markup=False, no_color=None if is_terminal else True)
    if not is_terminal:
        console = Console(
            file=file, width=WIDTH, highlight=False, emoji=False, markup=False, no_color=True, force_terminal=False
        )
    return console


def is_a_terminal(file: Any) -> bool:
    """Return whether a file is a terminal."""
    with suppress(Exception):
        return bool(file.isatty())
    return False


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()) -> RenderableType:
    """Return a table. Its last column takes several lines if there is not enough room, and so does an id.

    Args:
        columns: The names of the columns.
        rows: The values.
        right: Columns that are aligned to the right.
    """
    from rich.table import Table

    shown = [["–" if value is None else shortened(printable(str(value))) for value in row] for row in rows]
    longest = [max(len(name), *(len(row[number]) for row in shown), 0) for number, name in enumerate(columns)]
    widths = fitted(longest, shutil.get_terminal_size((WIDTH, 0)).columns if is_a_terminal(sys.stdout) else WIDTH)
    made = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for number, name in enumerate(columns):
        folds = name in ("id", columns[-1])
        made.add_column(
            name,
            justify="right" if name in right else "left",
            overflow="fold" if folds else "ellipsis",
            no_wrap=not folds,
            width=widths[number],
        )
    for row in shown:
        made.add_row(*row)
    return made


def fitted(longest: Sequence[int], width: int) -> list[int]:
    """Return the widths of columns: as their values need, but the widest ones before the last give way to it."""
    widths = list(longest)
    room = max(width, WIDTH) - _GAP * (len(widths) - 1)
    wanted = min(widths[-1], _LEAST_LAST)
    while len(widths) > 1 and sum(widths[:-1]) > room - wanted:
        widest = max(widths[:-1])
        if widest <= _LEAST:
            break
        widths[widths.index(widest)] -= 1
    widths[-1] = max(1, min(widths[-1], room - sum(widths[:-1])))
    return widths


def shortened(text: str) -> str:
    """Return a text in one line, cut to what a table shows of it."""
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def printable(text: str) -> str:
    """Return a text without control characters, which a terminal would obey."""
    return "".join(each if each.isprintable() or each == "\n" else "\ufffd" for each in text.expandtabs(2))
