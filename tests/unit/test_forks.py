"""Forked programs are as those that a new Python runs."""

import os
from pathlib import Path

import pytest

from tools import forks

CODE = """
import os, sys
print(sys.argv[1:], os.environ["WHO"], "HOME" in os.environ, os.getcwd(), __name__)
for line in sys.stdin:
    print(line.upper(), end="", flush=True)
print("gone", file=sys.stderr)
sys.exit(int(sys.argv[1]))
"""


@pytest.fixture(params=[False, pytest.param(True, marks=pytest.mark.skipif(not forks.FORKS, reason="not Linux"))])
def program(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A file, and how it is begun: by a new Python or by a fork."""
    monkeypatch.setattr(forks, "FORKS", request.param)
    (tmp_path / "program.py").write_text(CODE)
    return [str(tmp_path / "program.py")]


@pytest.mark.parametrize("code", [0, 3])
def test_it_has_its_arguments_variables_folder_and_pipes(program: list[str], code: int, tmp_path: Path) -> None:
    with forks.start(*program, str(code), "ß", env={"WHO": "someone"}, cwd=str(tmp_path)) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write("one\n")
        assert process.stdout.readline() == f"['{code}', 'ß'] someone False {tmp_path} __main__\n"
        assert process.stdout.readline() == "ONE\n"
        assert process.poll() is None
        process.stdin.write("two\n")
        assert process.communicate(timeout=20) == ("TWO\n", "gone\n")
    assert process.returncode == code


def test_it_can_be_killed(program: list[str]) -> None:
    with forks.start(*program, "0", env={"WHO": "someone"}) as process:
        process.kill()
        assert process.wait(20) == -9


def test_a_module_runs_as_main() -> None:
    with forks.start("-m", "json.tool", "--compact", env=dict(os.environ)) as process:
        assert process.stdin is not None
        process.stdin.write('{"a": 1}')
        assert process.communicate(timeout=20) == ('{"a":1}\n', "")


def test_an_error_is_told(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text("raise ValueError('wrong')")
    with forks.start(str(tmp_path / "wrong.py"), env={}) as process:
        written, errors = process.communicate(timeout=20)
    assert (written, process.returncode) == ("", 1)
    assert "ValueError: wrong" in errors
