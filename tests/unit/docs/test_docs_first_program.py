"""The README's first program, written into an empty folder and run there as the README says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = README.partition("## A first program\n")[2].partition("\n## ")[0]
# A sentence that begins with a file's name, then its text.
_FILE = re.compile(r"^`([\w/]+\.py)`[^\n]*\n\n```python\n(.*?)```", re.DOTALL | re.MULTILINE)
FILES = dict(_FILE.findall(PROGRAM))


def python(folder: Path, *arguments: str) -> str:
    """Runs Python in a folder, without anything of the repository's but the packages."""
    rooms = os.pathsep.join(str(ROOT / room) for room in ("runtime", "model", "constructs", "simulator", "cli"))
    environment = {**os.environ, "PYTHONPATH": rooms, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, synthesized."""
    folder = tmp_path_factory.mktemp("shop")
    for name, code in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(code, encoding="utf-8")
    python(folder, "app.py")
    return folder


def test_the_program_has_three_files() -> None:
    assert set(FILES) == {"app.py", "orders/handler.py", "test_shop.py"}


def test_the_test_passes_and_writes_the_page(folder: Path) -> None:
    assert "1 passed" in python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert (folder / "timeline.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_test_fails_if_the_handler_loses_the_reason_of_an_order(folder: Path, tmp_path: Path) -> None:
    code = (folder / "test_shop.py").read_text(encoding="utf-8").replace('"id": 8, "lines": []}]', '"id": 9}]')
    (tmp_path / "test_shop.py").write_text(code.replace('"cdk.out"', repr(str(folder / "cdk.out"))), encoding="utf-8")
    with pytest.raises(AssertionError, match="1 failed"):
        python(tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider")


def test_the_commands_are_those_that_were_run() -> None:
    commands = re.findall(r"^\$ (.+)$", PROGRAM, re.MULTILINE)
    assert commands == ["python app.py", "pytest", "npx aws-cdk deploy --app 'python app.py'"]
