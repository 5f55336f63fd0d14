"""The commands of the guides are ones that the command line has, with options that they take."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import click
import pytest

from redrive_cli.app import main

ROOT = Path(__file__).parents[3]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = sorted(
    {
        line
        for page in PAGES
        for line in re.findall(r"^\$ (redrive (?!--)[^#\n]+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    }
)


def parse(line: str) -> None:
    """Parses a command line, without running it."""
    words = shlex.split(line)
    ends = [words.index(each) for each in (">", "|") if each in words]  # the shell's, as in `> failures.html`
    _, name, *arguments = words[: min(ends, default=len(words))]
    context = click.Context(main, **main.context_settings)  # click keeps the first help option of a command
    command: Any = main.get_command(context, name)
    assert command is not None, f"there is no command {name}"
    command.make_context(name, arguments, parent=context)


def test_there_are_commands_in_the_runbook() -> None:
    assert len([line for line in COMMANDS if line.startswith("redrive replay")]) > 3


@pytest.mark.parametrize("line", COMMANDS)
def test_the_command_can_be_parsed(line: str) -> None:
    parse(line)


@pytest.mark.parametrize("line", ["redrive replay Shop --slowly", "redrive failures --by day"])
def test_a_wrong_command_is_found(line: str) -> None:
    with pytest.raises(click.UsageError):
        parse(line)
