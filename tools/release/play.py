"""Follows a page to the letter, in an empty folder and a terminal, and keeps what the terminal showed."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Mapping
from pathlib import Path

from tools import node
from tools.bootstrap import BASE_PYTHON
from tools.local_aws import PORT, LocalAws
from tools.local_server import HOST
from tools.release.steps import Change, Command, Step
from tools.terminal import Terminal

#: Names of the clone and of the local AWS's address on the pages.
CLONE, ADDRESS = "/path/to/redrive", f"http://{HOST}:{PORT}"
#: Seconds in which a command of the page has to print what the page says. It is repeated only if it changes nothing.
_PATIENCE = 60
_CHANGES_NOTHING = ("redrive failures", "redrive show")
# A shell of its own for each command, which hands its folder and variables on to the next.
_SHELL = 'cd "$(cat "$1/folder")" && eval "$2"; status=$?; pwd >"$1/folder"; env -0 >"$1/variables"; exit $status'


class PageError(Exception):
    """A command of the page failed, or printed something else than the page says."""


class Reader:
    """A reader of pages, with a terminal.

    Args:
        folder: An empty folder: the reader's machine.
        aws: The local AWS, which a reader starts in a second terminal.

    Attributes:
        terminal: All that the reader saw.
        redrive: Of that, the commands of `redrive`, and what was changed between them.
    """

    def __init__(self, folder: Path, aws: LocalAws) -> None:
        self._state = folder / "state"
        self._state.mkdir()
        self._aws = aws
        self._ids: dict[str, str] = {}
        self.terminal = Terminal(_environment(folder))
        self.redrive = Terminal({})
        (folder / "home").mkdir()
        (self._state / "folder").write_text(str(folder / "home"))

    @property
    def here(self) -> Path:
        """The folder that the terminal is in."""
        return Path((self._state / "folder").read_text().strip())

    def follow(self, step: Step) -> None:
        """Do what a step says.

        Raises:
            PageError: A command failed, or printed something else than the page says.
        """
        if not isinstance(step, Command):
            step.do(self.here)
            if isinstance(step, Change):
                self.redrive.say(f"# {step.path}: {step.new}")
        elif not step.line.endswith("local-aws"):
            self._run(step)

    def _run(self, step: Command) -> None:
        line = step.line.replace(CLONE, str(node.ROOT)).replace(ADDRESS, self._aws.endpoint)
        for written, real in self._ids.items():
            line = line.replace(written, real)
        before = self.terminal.shown
        end = time.monotonic() + _PATIENCE
        while True:
            shown = Terminal({}, self.terminal.run(line, ["bash", "-c", _SHELL, "bash", str(self._state), line])).text
            found = step.match(shown)
            code = self.terminal.codes.pop()
            if found is not None and code == 0:
                break
            if not line.startswith(_CHANGES_NOTHING) or time.monotonic() > end:
                expected = "\n".join(step.printed)
                raise PageError(f"{line}\nended with exit code {code} and printed\n{shown}\nthe page says\n{expected}")
            self.terminal.shown = before
            time.sleep(1)
        if line.startswith("redrive "):
            self.redrive.shown += self.terminal.shown.removeprefix(before)
        self._ids |= found
        variables = (self._state / "variables").read_text(errors="surrogateescape").split("\0")
        self.terminal.environment = dict(each.split("=", 1) for each in variables if each)


def _environment(folder: Path) -> Mapping[str, str]:
    """Return this machine's environment less what is ours, with the programs that the page asks for."""
    ours = ("AWS_", "CDK_", "JSII_", "PYTHON", "REDRIVE_", "VIRTUAL_ENV", "CI", "NO_COLOR", "FORCE_COLOR")
    programs = folder / "programs"
    programs.mkdir()
    npx = node.npm_cli().with_name("npx-cli.js")
    for name, command in {
        "python3": [str(BASE_PYTHON)],
        "node": [str(node.node_executable())],
        "npx": [str(node.node_executable()), str(npx)],
    }.items():
        (programs / name).write_text(f'#!/bin/sh\nexec {shlex.join(command)} "$@"\n')
        (programs / name).chmod(0o755)
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        # Nobody's credentials, state or settings.
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_HOME": str(folder / "cdk"),
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CI": "true",  # The CDK and npm then print lines, and draw nothing.
        "REDRIVE_STATE": str(folder / "redrive"),
        "NO_PROXY": f"{HOST},{os.environ.get('NO_PROXY', '')}",
    }
