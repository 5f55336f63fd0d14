"""The command line itself: help, start-up, completion."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from redrive_cli.app import main
from redrive_model.operations import COMMANDS
from tests.support.cli.shop import run

NAMES = main.list_commands(None)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", NAMES)
def test_each_command_has_help_with_two_examples_within_80_columns(name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    examples = [line for line in result.stdout.splitlines() if line.strip().startswith("redrive ")]
    assert len(examples) >= 2
    assert max(map(len, result.stdout.splitlines())) <= 100
    assert "--output" in result.stdout


def test_the_list_of_commands_says_what_each_does() -> None:
    shown = run("--help").stdout
    assert set(COMMANDS) <= set(NAMES)
    for name in NAMES:
        assert f"\n  {name} " in shown


def test_help_loads_neither_boto3_nor_rich_nor_any_command() -> None:
    code = (
        "import sys; from redrive_cli.app import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert not loaded & {"boto3", "botocore", "rich", "rich.console", "jmespath", "asyncio", "redrive_simulator"}
    assert not [each for each in loaded if each.startswith("redrive_cli.commands.")]


def test_help_starts_within_150_ms() -> None:
    """Of processor time, since this machine does other things, too."""
    times: list[float] = []
    for _ in range(5):
        before = os.times()
        subprocess.run([sys.executable, "-m", "redrive_cli", "--help"], capture_output=True, check=True)
        after = os.times()
        user, system = after.children_user - before.children_user, after.children_system - before.children_system
        times.append(user + system)
    assert min(times) < 0.15


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_commands(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: str
) -> None:
    def said(instruction: str, **variables: str) -> str:
        for name, value in {"_REDRIVE_COMPLETE": instruction, **variables}.items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit):
            main(prog_name="redrive")
        return capsys.readouterr().out

    assert "_REDRIVE_COMPLETE" in said(f"{shell}_source")
    assert "replay" in said("zsh_complete", COMP_WORDS="redrive rep", COMP_CWORD="1")


def test_the_version_is_shown() -> None:
    result = run("--version")
    assert result.exit_code in (0, 1)  # a checkout that is not installed has none
