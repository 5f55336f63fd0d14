"""The command line as a process of its own against the local AWS, and a switch that corrects a function."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.integration.conftest import Deploy, wait_until
from tools import forks
from tools.local_aws import LocalAws

HERE = Path(__file__).parent
Redrive = Callable[..., Any]


@pytest.fixture(scope="session")
def by_hand(deploy: Deploy) -> dict[str, str]:
    """The stack without our constructs: its outputs."""
    return deploy(HERE / "by_hand_app.py")


@pytest.fixture
def redrive(aws: LocalAws, tmp_path: Path) -> Redrive:
    """Runs a command and returns what it wrote as JSON, for an exit code (0)."""
    environment = aws.environment() | {"REDRIVE_STATE": str(tmp_path / "state")}

    def run(*arguments: str, code: int = 0, form: str = "json") -> Any:
        with forks.start("-m", "redrive_cli", *arguments, "--output", form, env=environment) as process:
            written, errors = process.communicate()
        assert process.returncode == code, f"{arguments}: {process.returncode}\n{written}\n{errors}"
        return json.loads(written) if form == "json" else written

    return run


def fix(aws: LocalAws, function: str, **variables: str) -> None:
    """Set variables of a function, which ends the cause of its failures."""
    functions: Any = aws.client("lambda")
    found = functions.get_function_configuration(FunctionName=function).get("Environment", {}).get("Variables", {})
    environment = {"Variables": {**found, **(variables or {"FIXED": "1"})}}
    functions.update_function_configuration(FunctionName=function, Environment=environment)
    time.sleep(0.2)


def wait_for(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    wait_until(condition, seconds=seconds, what=what)
