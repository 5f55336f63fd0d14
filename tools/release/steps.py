"""Reads the steps of a page that a reader follows literally: files to write, lines to change, commands to run."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """A file to write."""

    path: str
    text: str

    def do(self, folder: Path) -> None:
        """Write it below a folder."""
        target = folder / self.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(self.text, encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Change:
    """A part of a file to replace."""

    path: str
    old: str
    new: str

    def do(self, folder: Path) -> None:
        """Replace it in a file below a folder.

        Raises:
            ValueError: The file has no such part.
        """
        target = folder / self.path
        text = target.read_text(encoding="utf-8")
        if self.old not in text:
            raise ValueError(f"{self.path} has no {self.old!r}: the page changes what it has not written")
        target.write_text(text.replace(self.old, self.new), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Command:
    """A command to run, with the lines that the page says it prints; none if it does not say.

    A line `...` stands for any lines, and `...` at the end of a line for the rest of it.
    """

    line: str
    printed: tuple[str, ...]

    def match(self, text: str) -> Mapping[str, str] | None:
        """Return the ids that a text has in place of the page's, or `None` if it is another text.

        Times and widths of columns may differ, too.
        """
        pattern = "".join(".*?" if line == "..." else f"{_pattern(line)}\n" for line in self.printed)
        found = re.search(pattern, f"{text}\n", re.DOTALL)
        ids = dict.fromkeys(_ID.findall("\n".join(self.printed)))
        return None if found is None else dict(zip(ids, found.groups(), strict=True))


Step = File | Change | Command

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_AGE = re.compile(r"\b\d+\\ (?:s|min)\b")
# A sentence that begins with a file's name, and the block after it; or commands.
_BLOCK = re.compile(
    r"(?:^`(?P<path>[\w./]+)`[^\n]*\n(?:[^\n`]+\n)*\n)?^```(?P<kind>python|diff|console)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


def steps(page: str) -> Iterator[Step]:
    """Yield the steps of a page in their order."""
    for block in _BLOCK.finditer(page):
        path, kind, text = block["path"], block["kind"], block["text"]
        if kind == "console":
            for each in re.findall(r"^\$ ([^\n]+)\n((?:(?!\$ )[^\n]*\n)*)", text, re.MULTILINE):
                yield Command(each[0], tuple(each[1].splitlines()))
        elif path and kind == "diff":
            lines = text.splitlines()
            old, new = ("\n".join(line[1:] for line in lines if line.startswith(sign)) for sign in "-+")
            yield Change(path, old, new)
        elif path:
            yield File(path, text)


def _pattern(line: str) -> str:
    rest = "[^\\n]*" if line.endswith(" ...") else "[ ]*"
    made = re.sub(r"(?:\\ )+", " +", _AGE.sub(r"\\d+\\ (?:s|min)", re.escape(line.removesuffix(" ..."))))
    return _ID.sub(f"({_ID.pattern})", made.replace(r"\-", "-")) + rest
