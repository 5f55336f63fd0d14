"""The tests of the helpers run where there is neither Node.js nor the CDK."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.imports import imports_of

ROOT = Path(__file__).parents[3]
MISSING = ("aws_cdk", "cdk_nag", "constructs", "jsii", "redrive_cdk", "tools.node", "tests.support.constructs")

RUN = f"""
import sys
import pytest

class Missing:
    def find_spec(self, name, path=None, target=None):
        if any(name == missing or name.startswith(missing + ".") for missing in {MISSING}):
            raise ModuleNotFoundError(f"{{name}} is missing", name=name)

sys.meta_path.insert(0, Missing())
sys.exit(pytest.main(["-q", "-p", "no:cacheprovider", *sys.argv[1:]]))
"""


def run(file: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("JSII_NODE", "CDK_VALIDATION")}
    return subprocess.run(
        [sys.executable, "-c", RUN, f"tests/unit/{file}"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_test_of_a_helper_runs_without_them() -> None:
    done = run("runtime/sqs/test_message.py")
    assert done.returncode == 0, done.stdout + done.stderr
    assert " passed" in done.stdout


def test_one_of_a_construct_does_not() -> None:
    done = run("constructs/sqs/test_defaults.py")
    assert done.returncode != 0
    assert " is missing" in done.stdout + done.stderr


def test_no_test_of_a_helper_imports_them() -> None:
    files = [*(ROOT / "tests/unit/runtime").rglob("*.py"), *(ROOT / "tests/support/runtime").rglob("*.py")]
    assert len(files) > 100
    imports = {file: imports_of("tests", file.read_text(encoding="utf-8"), modules=()) for file in files}
    found = {(file.name, each.module) for file in files for each in imports[file] if each.module.startswith(MISSING)}
    assert found == set()
