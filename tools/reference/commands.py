"""The commands of the command line, from their help."""

from __future__ import annotations

from typing import Any

import click

from redrive_cli.app import main
from tools.reference.text import page

_INTRODUCTION = """
Each command is shown with its help, as `redrive COMMAND --help` prints it. Data goes to standard output, everything
else to standard error. Exit codes follow the AWS CLI: 0; 1 if something failed that was to be done; 2 if something that
was selected was held back or not seen; 130 after Ctrl-C; 252 for a command line that is not valid, 253 for missing
credentials or a missing Region, 254 for a call that AWS refused, 255 for any other error.
[Permissions](permissions.md#commands) lists what each command calls.
"""


def commands_page() -> str:
    """Return the page."""
    parts: list[str] = []
    root = click.Context(main, info_name="redrive", **main.context_settings)
    for name in main.list_commands(root):
        command: Any = main.get_command(root, name)
        context = click.Context(command, info_name=name, parent=root, max_content_width=100, terminal_width=100)
        parts.append(f"## redrive {name}\n\n```text\n{command.get_help(context).rstrip()}\n```")
    return page("Commands", _INTRODUCTION, *parts)
