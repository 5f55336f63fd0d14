"""Public names: each stands once in a package's table, loads from there, is in the stub, and is no module's name."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tools import stubs

# Importing a submodule sets an attribute of its parent, so the names are looked up after all modules are imported.
CHECK = """
import json, sys
from importlib import import_module
from pkgutil import walk_packages
from traceback import format_exc

def check(package):
    for module in walk_packages(package.__path__, package.__name__ + "."):
        import_module(module.name)
    for module, names in package.NAMES.items():
        for name in names.split():
            assert getattr(package, name) is getattr(import_module(module), name), name
    assert dir(package) == package.__all__ == sorted(name for names in package.NAMES.values() for name in names.split())
    exec(f"from {package.__name__} import *", {})
    try:
        package.no_such_name
    except AttributeError as error:
        assert "no_such_name" in str(error)
    else:
        raise AssertionError("an unknown name")

path, packages = json.loads(sys.argv[1])
sys.path[:] = path
errors = {}
for name in packages:
    try:
        check(import_module(name))
    except Exception:
        errors[name] = format_exc()
print(json.dumps(errors))
"""
PACKAGES = {str(Path(folder)).partition("/")[2].replace("/", "."): stubs.ROOT / folder for folder in stubs.PACKAGES}


def test_the_packages_with_public_names() -> None:
    assert set(PACKAGES) == {"redrive", "redrive.settings", "redrive.testing", "redrive_cdk", "redrive_simulator"}


@pytest.fixture(scope="module")
def errors() -> dict[str, str]:
    """Faults in the names of each package, by package: one process looks at all."""
    given = json.dumps([sys.path, [*PACKAGES]])
    done = subprocess.run([sys.executable, "-c", CHECK, given], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_name_is_still_the_object_of_the_table_when_all_modules_are_imported(
    package: str, errors: dict[str, str]
) -> None:
    assert package not in errors, errors[package]


@pytest.mark.parametrize("package", PACKAGES)
def test_the_stub_is_written_from_the_table(package: str) -> None:
    names = stubs.names_of(PACKAGES[package] / "__init__.py")
    written = (PACKAGES[package] / "__init__.pyi").read_text(encoding="utf-8")
    assert written == stubs.stub(names)
    imported = {
        (node.module, alias.name)
        for node in ast.parse(written).body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert imported == {(module, name) for module, several in names.items() for name in several}


@pytest.fixture
def a_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(stubs, "ROOT", tmp_path)
    monkeypatch.setattr(stubs, "PACKAGES", ("shop",))
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").write_text('NAMES = {"shop.orders": "order Order"}\n', encoding="utf-8")
    return tmp_path / "shop/__init__.pyi"


def test_a_stub_that_differs_from_its_table_is_found_and_written_again(a_package: Path) -> None:
    with pytest.raises(SystemExit, match=r"shop/__init__\.pyi differ from their tables; run: make format"):
        stubs.main(["--check"])
    assert not a_package.exists()
    stubs.main([])
    assert "from shop.orders import Order as Order\n" in a_package.read_text(encoding="utf-8")
    stubs.main(["--check"])


def test_a_package_without_a_table_is_an_error(a_package: Path) -> None:
    (a_package.with_suffix(".py")).write_text("", encoding="utf-8")
    with pytest.raises(SystemExit, match="no table NAMES"):
        stubs.main([])
