"""Writes the `__init__.pyi` of each package from its table of public names: `python -m tools.stubs [--check]`.

The names stand in one table, `NAMES` in `__init__.py`, from which they are loaded when first asked for. Type checkers
and editors cannot follow that, so they get the same names as plain imports.
"""

import ast
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "runtime/redrive",
    "runtime/redrive/settings",
    "runtime/redrive/testing",
    "constructs/redrive_cdk",
    "simulator/redrive_simulator",
)


def names_of(init: Path) -> dict[str, list[str]]:
    """Reads a package's table: public names by module."""
    for node in ast.parse(init.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "NAMES":
            table: dict[str, str] = ast.literal_eval(node.value)
            return {module: sorted(names.split()) for module, names in table.items()}
    raise SystemExit(f"stubs: {init} has no table NAMES")


def stub(names: dict[str, list[str]]) -> str:
    """The text of a stub with these names."""
    lines = [f"from {module} import {name} as {name}" for module, several in names.items() for name in several]
    public = sorted(name for several in names.values() for name in several)
    every = "".join(f'    "{name}",\n' for name in public)
    return "# Written by `make format` from the table in __init__.py.\n" + "\n".join(
        [*lines, "", f"__all__ = [\n{every}]\n"]
    )


def main(arguments: list[str]) -> None:
    """Writes the stubs, or with `--check` ends with an error if one is not as its table says."""
    stale: list[str] = []
    for package in PACKAGES:
        init = ROOT / package / "__init__.py"
        text, file = stub(names_of(init)), init.with_suffix(".pyi")
        if not file.is_file() or file.read_text(encoding="utf-8") != text:
            stale.append(str(file.relative_to(ROOT)))
            if "--check" not in arguments:
                file.write_text(text, encoding="utf-8")
    if stale and "--check" in arguments:
        raise SystemExit(f"stubs: {', '.join(stale)} differ from their tables; run: make format")


if __name__ == "__main__":
    main(sys.argv[1:])
