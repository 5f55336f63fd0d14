"""The arrows between the rooms, read off the source.

constructs -> runtime (its settings, and its folder)    simulator -> runtime (settings, records, seams)
cli -> simulator, runtime                               runtime -> nothing but the standard library
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EVERYTHING = frozenset({"*"})


@dataclass(frozen=True)
class Room:
    """A room, and what its modules may import besides the standard library and each other.

    Attributes:
        package: Its package.
        always: Modules for any place; a package stands for all in it.
        in_functions: Modules for the inside of functions and for type checking, besides.
        runtime: Modules of the runtime room, each by its own name.
    """

    package: str
    always: frozenset[str] = frozenset()
    in_functions: frozenset[str] = frozenset()
    runtime: frozenset[str] = frozenset()


ROOMS = {
    # jmespath comes with botocore.
    "runtime": Room("redrive", in_functions=frozenset({"boto3", "botocore", "jmespath"}), runtime=EVERYTHING),
    "constructs": Room(
        "redrive_cdk",
        always=frozenset({"aws_cdk", "constructs", "jsii"}),
        runtime=frozenset({"redrive", "redrive.settings"}),
    ),
    "simulator": Room(
        "redrive_simulator",
        always=frozenset({"pytest", "time_machine"}),
        in_functions=frozenset({"botocore"}),
        runtime=frozenset(
            {
                "redrive.settings",
                *(f"redrive.{record}" for record in ("sqs_message", "sqs_response")),
                *(f"redrive.{seam}" for seam in ("clients", "clock", "parallel", "randomness", "seams")),
                *(f"redrive.{store}" for store in ("circuit_store", "idempotency_memory", "idempotency_stores")),
            }
        ),
    ),
    "cli": Room(
        "redrive_cli",
        always=frozenset({"redrive_simulator"}),
        in_functions=frozenset({"boto3", "botocore"}),
        runtime=EVERYTHING,
    ),
}


@dataclass(frozen=True)
class Import:
    module: str
    line: int
    at_start: bool


@dataclass
class Imports(ast.NodeVisitor):
    """The imports of a module, with those that are only made in a call or for a type checker told apart."""

    package: str
    found: list[Import] = field(default_factory=list)
    _depth: int = 0

    def visit_Import(self, node: ast.Import) -> None:
        for name in node.names:
            self._add(name.name, node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = node.module or ""
        if node.level:
            module = f"{self.package}.{module}".rstrip(".")
        # `from package import name` may name a module of it, or anything that is in it.
        names = [f"{module}.{name.name}" for name in node.names]
        for each in names if module in {room.package for room in ROOMS.values()} else [module]:
            self._add(each, node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if called in ("import_module", "__import__") and node.args:
            named = node.args[0].values[0] if isinstance(node.args[0], ast.JoinedStr) else node.args[0]
            text = named.value if isinstance(named, ast.Constant) else None
            self._add(text.rstrip(".") if isinstance(text, str) else "(a module whose name is not written out)", node)
        self.generic_visit(node)

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            self._inside(node.body)
            for statement in node.orelse:
                self.visit(statement)
        else:
            self.generic_visit(node)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._inside(node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._inside(node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._inside([node.body])

    def _inside(self, statements: list[ast.stmt] | list[ast.expr]) -> None:
        self._depth += 1
        for statement in statements:
            self.visit(statement)
        self._depth -= 1

    def _add(self, module: str, node: ast.stmt | ast.expr) -> None:
        self.found.append(Import(module, node.lineno, at_start=not self._depth))


def is_in(module: str, packages: frozenset[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def wrong_imports(room: Room, source: str) -> Iterator[Import]:
    """The imports of a module that its room does not allow."""
    imports = Imports(room.package)
    imports.visit(ast.parse(source))
    for each in imports.found:
        allowed = room.always if each.at_start else room.always | room.in_functions
        if is_in(each.module, sys.stdlib_module_names | {room.package} | allowed):
            continue
        if is_in(each.module, frozenset({"redrive"})) and (room.runtime is EVERYTHING or each.module in room.runtime):
            continue
        yield each


def shadowing(root: Path) -> list[Path]:
    """What would stand before the package `constructs`, which aws-cdk-lib imports."""
    return [path for path in (root / "constructs" / "__init__.py", root / "constructs.py") if path.exists()]


MODULES = [(name, path) for name, room in ROOMS.items() for path in sorted((ROOT / name / room.package).rglob("*.py"))]


@pytest.mark.parametrize(("name", "path"), MODULES, ids=lambda value: value.stem if isinstance(value, Path) else value)
def test_a_module_imports_only_what_its_room_allows(name: str, path: Path) -> None:
    assert list(wrong_imports(ROOMS[name], path.read_text(encoding="utf-8"))) == []


def test_every_room_has_modules() -> None:
    assert {name for name, _ in MODULES} == set(ROOMS)


GOOD = {
    "runtime": [
        "import json, time\nfrom collections.abc import Mapping",
        "from redrive.settings import SqsSettings\nfrom . import settings\nfrom .errors import Retry",
        "def call():\n    import boto3\n    from botocore.config import Config",
        "if TYPE_CHECKING:\n    from botocore.client import BaseClient",
        "def late(name):\n    return import_module(f'redrive.{name}')",
    ],
    "constructs": [
        "import redrive\nfrom redrive.settings import Backoff\nfrom redrive import settings",
        "from aws_cdk import aws_sqs as sqs\nfrom constructs import Construct",
        "from redrive_cdk.alarms import make_alarm\nfrom redrive_cdk import known",
    ],
    "simulator": ["from redrive.settings import read_sqs\nfrom redrive.clock import clock\nimport heapq"],
    "cli": ["import redrive\nfrom redrive_simulator import Simulation\ndef replay():\n    import boto3"],
}
BAD = {
    "runtime": [
        "import boto3",
        "from botocore.config import Config",
        "class Call:\n    import boto3",
        "try:\n    import boto3\nexcept ImportError:\n    pass",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import boto3",
        "def call():\n    import requests",
        "def call():\n    import redrive_cdk",
        "async def call():\n    from redrive_simulator import Simulation",
        "if TYPE_CHECKING:\n    from redrive_cdk import SqsConsumer",
        "def call():\n    return __import__('redrive_cli')",
        "import importlib\nimportlib.import_module('redrive_cdk.alarms')",
        "import importlib\nimportlib.import_module(name)",
        "later = lambda: __import__('aws_cdk')",
        "import redrivex",
    ],
    "constructs": [
        "from redrive import sqs_handler",
        "from redrive.sqs import SqsHandler",
        "import redrive.clients",
        "def late():\n    from redrive.sqs_message import SqsMessage",
        "from redrive_simulator import Simulation",
        "from redrive_cli import main",
        "import boto3",
    ],
    "simulator": [
        "import aws_cdk",
        "def late():\n    import redrive_cdk",
        "from redrive import sqs_handler",
        "from redrive.sqs_settle import settle",
        "from redrive_cli import main",
        "import boto3",
    ],
    "cli": ["import redrive_cdk", "from aws_cdk import App", "import boto3"],
}


@pytest.mark.parametrize(("name", "source"), [(name, source) for name, sources in GOOD.items() for source in sources])
def test_the_check_lets_through_what_is_allowed(name: str, source: str) -> None:
    assert list(wrong_imports(ROOMS[name], source)) == []


@pytest.mark.parametrize(("name", "source"), [(name, source) for name, sources in BAD.items() for source in sources])
def test_the_check_finds_what_is_not_allowed(name: str, source: str) -> None:
    assert len(list(wrong_imports(ROOMS[name], source))) == 1


def test_nothing_stands_before_the_package_that_the_cdk_imports() -> None:
    assert shadowing(ROOT) == []


@pytest.mark.parametrize("name", ["constructs/__init__.py", "constructs.py"])
def test_what_stands_before_it_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "constructs").mkdir()
    (tmp_path / name).touch()
    assert shadowing(tmp_path) == [tmp_path / name]
