"""The first hour and the first test: their files are written into an empty folder and run there.

The README has the same program. `make release` runs all commands of these pages, on a local AWS.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools.local_aws import exports
from tools.release.play import ADDRESS
from tools.release.steps import Change, Command, File, Step, steps

ROOT = Path(__file__).parents[3]


def page(name: str) -> list[Step]:
    return list(steps((ROOT / name).read_text(encoding="utf-8")))


HOUR, TEST = page("docs/start/first-hour.md"), page("docs/start/first-test.md")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROGRAM = list(steps(README.partition("## A first program\n")[2].partition("\n## ")[0]))


def files(*pages: list[Step]) -> dict[str, str]:
    return {each.path: each.text for page in pages for each in page if isinstance(each, File)}


def commands(page: list[Step]) -> list[str]:
    return [each.line for each in page if isinstance(each, Command)]


def python(folder: Path, *arguments: str, fails: bool = False) -> str:
    """Runs Python in a folder, without anything of the repository's but the packages."""
    rooms = os.pathsep.join(str(ROOT / room) for room in ("runtime", "model", "constructs", "simulator", "cli"))
    environment = {**os.environ, "PYTHONPATH": rooms, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode != 0) is fails, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the program, synthesized."""
    folder = tmp_path_factory.mktemp("shop")
    for path, text in files(HOUR, TEST).items():
        File(path, text).do(folder)
    python(folder, "app.py")
    return folder


def test_the_pages_and_the_readme_have_the_same_program() -> None:
    assert set(files(HOUR)) == {"app.py", "orders/handler.py", "send.py"}
    assert set(files(TEST)) == {"test_shop.py", "test_replay.py"}
    assert set(files(PROGRAM)) == {"app.py", "orders/handler.py", "test_shop.py"}
    assert files(PROGRAM).items() <= files(HOUR, TEST).items()


def test_the_tests_pass_before_and_after_the_fix_and_fail_where_an_order_is_lost(folder: Path) -> None:
    lost = (folder / "test_shop.py").read_text(encoding="utf-8").replace('"id": 4, "lines": ["lamp"]}]', '"id": 9}]')
    (folder / "test_lost.py").write_text(lost, encoding="utf-8")
    (change,) = [each for each in HOUR if isinstance(each, Change)]
    change.do(folder)
    ran = python(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", fails=True)
    assert re.findall(r"^FAILED (\S+)", ran, re.MULTILINE) == ["test_lost.py::test_two_hours_of_outage"]
    assert "1 failed, 2 passed" in ran
    assert (folder / "timeline.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_the_readme_deploys_as_the_page_does() -> None:
    assert commands(PROGRAM) == ["python app.py", "pytest", "npx aws-cdk@2 deploy --app cdk.out"]
    assert "npx --yes aws-cdk@2 deploy --app cdk.out --require-approval never" in commands(HOUR)


def test_the_page_has_the_commands_that_the_local_aws_prints() -> None:
    assert set(exports(ADDRESS).splitlines()) <= set(commands(HOUR))
