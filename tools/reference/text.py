"""Parts of pages."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `make format` from the code. -->"


def page(title: str, *parts: str) -> str:
    """Return a page from its title and parts."""
    return "\n\n".join([f"# {title}", GENERATED, *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def item(head: str, text: str) -> str:
    """Return an item of a list, with a text that may have several paragraphs or a list."""
    return f"- {head}: {textwrap.indent(text.strip(), '    ').strip()}" if text.strip() else f"- {head}"
