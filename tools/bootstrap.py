"""Makes all that the project needs, on a machine that has Python and make: `python3 -m tools.bootstrap`.

    .venv              the pinned development requirements and this project, editable; brings Node.js
    .venv-ministack    the local AWS, which pins a botocore of its own
    node_modules       the CDK command line, pyright and a local Kinesis, put there by that Node.js

What a folder was made from is written into it last, as a stamp. A second run compares stamps and does
nothing; a set-up that was interrupted, or that was made from other inputs, is made again.
"""

import sys

# Before anything that an older Python would stumble over, so that it ends with this sentence.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit(
        f"setup: this is Python {sys.version.split()[0]}, and Redrive needs 3.11 or newer;"
        " name one: make setup PYTHON=python3.13"
    )

import hashlib
import importlib.util
import json
import shutil
import subprocess
import time
import tomllib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tools import node

ROOT = node.ROOT
MINISTACK_VENV = ROOT / ".venv-ministack"

# In a virtual environment (which may be the very one that is made anew) this is the Python it was made with.
BASE_PYTHON = Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()
PYTHON_VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


class SetupError(Exception):
    """A step failed; the text says which command, and what it printed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One folder, or one thing in it, that is made from some inputs."""

    name: str
    what: str
    stamp: Path
    inputs: tuple[str, ...]
    make: Callable[[], None]

    @property
    def fingerprint(self) -> str:
        # The place and the Python count, too: an environment works only where, and with what, it was made.
        inputs = (str(ROOT), str(BASE_PYTHON), PYTHON_VERSION, *self.inputs)
        return hashlib.sha256(json.dumps(inputs).encode()).hexdigest()

    def is_done(self) -> bool:
        return self.stamp.is_file() and self.stamp.read_text() == self.fingerprint

    def run(self) -> None:
        if self.is_done():
            return
        say(f"{self.name}: {self.what} ...")
        started = time.monotonic()
        self.stamp.unlink(missing_ok=True)
        self.make()
        self.stamp.write_text(self.fingerprint)
        say(f"{self.name}: done in {time.monotonic() - started:.0f} s")


def say(text: str) -> None:
    print(f"setup: {text}", flush=True)


def call(command: Sequence[str | Path], *, accept_failure: bool = False) -> None:
    """Runs a command quietly; its output is shown only if it fails."""
    line = [str(part) for part in command]
    done = subprocess.run(
        line,
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode and not accept_failure:
        raise SetupError(f"this failed with exit code {done.returncode}: {' '.join(line)}\n\n{done.stdout}")


def make_venv(folder: Path, requirements: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
    call([BASE_PYTHON, "-m", "venv", folder])
    python = folder / "bin" / "python"
    # Exactly the files that were pinned, nothing chosen on the way. compileall uses all cores, pip only one.
    call([*pip(python), "--no-deps", "--require-hashes", "--no-compile", "--requirement", requirements])
    call([python, "-m", "compileall", "-q", "-j", "0", folder / "lib"], accept_failure=True)


def install_project() -> None:
    python = node.VENV / "bin" / "python"
    call([*pip(python), "--no-deps", "--no-build-isolation", "--editable", ROOT])
    # Compiles the project and its tests once; the processes of `make test` would each do so, at the same time.
    call([python, "-m", "pytest", "--collect-only", "--quiet", "tests"], accept_failure=True)


def install_node_modules() -> None:
    call([*node.command("npm"), "ci"])


def pip(python: Path) -> list[str | Path]:
    return [python, "-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]


def steps() -> tuple[Step, Step, Step, Step]:
    """The steps; only the first depends on nothing that the others make or need."""
    requirements = ROOT / "requirements"
    dev, ministack = requirements / "dev.txt", requirements / "ministack.txt"
    # Of pyproject.toml only what is installed: a changed lint rule is no reason to install again.
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packaging = [pyproject["build-system"], pyproject["project"], pyproject["tool"]["hatch"]]
    return (
        Step(
            name=".venv-ministack",
            what="installing the local AWS",
            stamp=MINISTACK_VENV / ".stamp",
            inputs=(ministack.read_text(),),
            make=lambda: make_venv(MINISTACK_VENV, ministack),
        ),
        Step(
            name=".venv",
            what="installing the development requirements and Node.js, some 200 MB to fetch",
            stamp=node.VENV / ".stamp",
            inputs=(dev.read_text(),),
            make=lambda: make_venv(node.VENV, dev),
        ),
        Step(
            name=".venv",
            what="installing this project, editable",
            stamp=node.VENV / ".stamp-project",
            inputs=(json.dumps(packaging, sort_keys=True),),
            make=install_project,
        ),
        Step(
            name="node_modules",
            what="installing the CDK command line, pyright and a local Kinesis",
            stamp=node.NODE_MODULES / ".stamp",
            inputs=(
                (ROOT / "package.json").read_text(),
                (ROOT / "package-lock.json").read_text(),
                dev.read_text(),
            ),
            make=install_node_modules,
        ),
    )


def check_venv() -> None:
    # Debian and Ubuntu ship Python without it.
    if any(importlib.util.find_spec(module) is None for module in ("venv", "ensurepip")):
        raise SetupError(
            f"{BASE_PYTHON} cannot make virtual environments: its module venv or ensurepip is missing;"
            f" install it (Debian, Ubuntu: apt-get install python{PYTHON_VERSION}-venv),"
            " or name another Python: make setup PYTHON=/path/to/python3"
        )


def set_up() -> None:
    ministack, *others = steps()
    if ministack.is_done() and all(step.is_done() for step in others):
        say("up to date")
        return
    check_venv()
    started = time.monotonic()
    say(f"Python {sys.version.split()[0]}, in {ROOT}; the first time takes a minute or two")
    with ThreadPoolExecutor(max_workers=1) as pool:
        beside = pool.submit(ministack.run)
        for step in others:
            step.run()
        beside.result()
    say(f"ready, after {time.monotonic() - started:.0f} s")


def main() -> None:
    try:
        set_up()
    except (SetupError, node.MissingToolError) as error:
        sys.exit(f"setup: {error}")
    except KeyboardInterrupt:
        sys.exit("setup: interrupted; the next run does what is missing")


if __name__ == "__main__":
    main()
