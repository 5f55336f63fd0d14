"""Records what commands print in a terminal, with what a person types, as text and as a picture."""

from __future__ import annotations

import os
import pty
import re
import select
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

COLUMNS, LINES = 80, 40


@dataclass
class Terminal:
    """A recorded terminal.

    Attributes:
        environment: The environment of the commands.
        shown: What it showed.
    """

    environment: Mapping[str, str]
    shown: str = ""
    codes: list[int] = field(default_factory=list[int])

    def say(self, text: str) -> None:
        """Show a line that is no command, such as a comment."""
        self.shown += f"\x1b[2m{text}\x1b[0m\r\n"

    def run(self, line: str, command: Sequence[str], *, typed: str = "") -> str:
        """Run a command in a terminal of 80 columns, and return what it printed.

        Args:
            line: The command as it is shown.
            command: The command as it is run.
            typed: What is typed at its first question.
        """
        self.shown += f"\x1b[1m$ {line}\x1b[0m\r\n"
        ours, theirs = pty.openpty()
        size = {"COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm-256color"}
        process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env={**self.environment, **size},
            close_fds=True,
        )
        os.close(theirs)
        printed = self._read(ours, process, typed)
        os.close(ours)
        self.codes.append(process.wait())
        self.shown += printed
        return printed

    def _read(self, ours: int, process: subprocess.Popen[bytes], typed: str) -> str:
        read = b""
        left = typed
        end = time.monotonic() + 300
        while time.monotonic() < end:
            ready, _, _ = select.select([ours], [], [], 0.2)
            if ready:
                data = b""
                with suppress(OSError):  # Linux: the other end is closed
                    data = os.read(ours, 65536)
                if not data:
                    break
                read += data
            elif process.poll() is not None:
                break
            if left and read.rstrip().endswith(b"[y/N]:"):
                os.write(ours, left.encode())
                left = ""
        return read.decode(errors="replace")

    @property
    def text(self) -> str:
        """The shown text, without colours."""
        return _COLOURS.sub("", settled(self.shown))

    def picture(self, title: str) -> str:
        """Return what was shown as an SVG."""
        from rich.console import Console
        from rich.terminal_theme import MONOKAI
        from rich.text import Text

        with open(os.devnull, "w", encoding="utf-8") as nowhere:  # noqa: PTH123  # Path has no name for it
            console = Console(record=True, width=COLUMNS, file=nowhere, force_terminal=True, highlight=False)
            console.print(Text.from_ansi(settled(self.shown)))
            drawn = console.export_svg(title=title, theme=MONOKAI, unique_id="redrive")
        # Without fonts from the network, which a picture on a page may not load: any font of fixed width fits.
        return re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL).replace("Fira Code", "ui-monospace")


_COLOURS = re.compile(r"\x1b\[[\d;]*m")
_MOVES = re.compile(r"\r\n|[\r\n]|\x1b\[\?25[hl]|\x1b\[1A|\x1b\[2K|\x1b\[1G|\x1b\[0?K")
_TO_THE_START = ("\r", "\x1b[1G")


def settled(text: str) -> str:
    """Return a terminal's text without lines that were drawn over, such as progress bars."""
    lines = [""]
    row = 0
    is_new = False  # after a carriage return, the line is drawn again
    for part in re.split(f"({_MOVES.pattern})", text):
        if not part:
            continue
        if part in ("\r\n", "\n"):
            row += 1
            if row == len(lines):
                lines.append("")
        elif part == "\x1b[1A":
            row = max(0, row - 1)
        elif part == "\x1b[2K" or (part in ("\x1b[K", "\x1b[0K") and is_new):
            lines[row] = ""
        elif part in _TO_THE_START:
            is_new = True
            continue
        elif not _MOVES.fullmatch(part):
            lines[row] = part if is_new else lines[row] + part
        is_new = False
    return "\n".join(lines)
