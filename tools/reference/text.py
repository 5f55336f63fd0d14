"""Parts of pages."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence

GENERATED = "<!-- Written by `make format` from the code. -->"


# A number that a wrapped line of a docstring happens to begin with would begin a list.
_WRAPPED_NUMBER = re.compile(r"(?<=\S)\n *(?=\d+[.)] )")


def page(title: str, *parts: str) -> str:
    """Return a page from its title and parts."""
    return "\n\n".join([f"# {title}", GENERATED, *(part.strip("\n") for part in parts if part.strip())]) + "\n"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(cell) for cell in row)} |" for row in lines)


def _cell(text: str) -> str:
    return text.replace("|", r"\|").replace("\n", " ")


def paragraphs(text: str) -> str:
    """Return the text of a docstring as Markdown."""
    return _WRAPPED_NUMBER.sub(" ", text.strip())


def item(head: str, text: str) -> str:
    """Return an item of a list, with a text that may have several paragraphs or a list."""
    return f"- {head}: {textwrap.indent(paragraphs(text), '    ').strip()}" if text.strip() else f"- {head}"


def items(each: Iterable[str]) -> str:
    """Return a list. The last paragraph of an item would swallow an item that follows without an empty line."""
    return "\n".join(f"{one}\n" if "\n\n" in one else one for one in each).rstrip()
