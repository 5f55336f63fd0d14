"""Builds sdist and wheel, and installs the wheel in fresh environments."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from tools import stubs
from tools.bootstrap import BASE_PYTHON
from tools.node import ROOT

DIST = ROOT / "dist"
#: The packages of each extra, and the commands that it makes possible.
EXTRAS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "": (("runtime/redrive", "runtime/redrive/settings", "runtime/redrive/testing"), ()),
    "cdk": (("constructs/redrive_cdk",), ()),
    "aws": ((), ()),
    "simulator": (("simulator/redrive_simulator",), ()),
    "moto": ((), ()),
    "cli": ((), ("redrive --version", "redrive explain --help")),
    "sam": ((), ()),
    "schemas": ((), ()),
}
# Reads the names of modules from its argument and asks for each.
_IMPORTS = """
import importlib, json, sys
for module, names in json.loads(sys.argv[1]).items():
    for name in names:
        getattr(importlib.import_module(module), name)
"""


class ReleaseError(Exception):
    """The build is not as it should be."""


def run(*command: str | Path, folder: Path = ROOT) -> str:
    """Run a command, and return what it printed.

    Raises:
        ReleaseError: It failed; with what it printed.
    """
    done = subprocess.run(
        list(map(str, command)),
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise ReleaseError(f"{' '.join(map(str, command))} failed:\n{done.stdout}")
    return done.stdout


def build(folder: Path) -> tuple[Path, Path]:
    """Build the sdist from this repository and the wheel from the sdist, into an empty `dist/`.

    Args:
        folder: An empty folder for the sdist's content.

    Returns:
        Sdist and wheel.
    """
    shutil.rmtree(DIST, ignore_errors=True)
    run(sys.executable, "-m", "hatchling", "build", "--target", "sdist", "--directory", DIST)
    (sdist,) = DIST.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    run(sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", DIST, folder=source)
    (wheel,) = DIST.glob("*.whl")
    return sdist, wheel


def contents(wheel: Path) -> dict[str, bytes]:
    """Return the files of a wheel."""
    with zipfile.ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def install(wheel: Path, extra: str, folder: Path) -> None:
    """Install the wheel with an extra into a fresh environment, and import every public name that it brings.

    Args:
        wheel: The wheel.
        extra: Name of the extra; empty for none.
        folder: The environment's folder, which is removed at the end.

    Raises:
        ReleaseError: It cannot be installed or imported.
    """
    run(BASE_PYTHON, "-m", "venv", folder)
    python = folder / "bin" / "python"
    run(python, "-m", "pip", "install", "--quiet", "--no-compile", f"{wheel}[{extra}]" if extra else wheel)
    packages, commands = EXTRAS[extra]
    run(python, "-I", "-c", _IMPORTS, json.dumps(public_names((*EXTRAS[""][0], *packages))), folder=folder)
    for command in commands:
        program, *arguments = command.split()
        run(folder / "bin" / program, *arguments, folder=folder)
    shutil.rmtree(folder)


def public_names(packages: Sequence[str]) -> dict[str, list[str]]:
    """Return the public names of packages, by the package that has them."""
    return {
        ".".join(Path(package).parts[1:]): [
            name for names in stubs.names_of(ROOT / package / "__init__.py").values() for name in names
        ]
        for package in packages
    }
