"""The rooms, the layers inside them, and what may import what: read off the source.

model -> settings                      constructs -> model, settings (and the runtime's folder, for the layer)
simulator -> model, runtime (settings, records, seams)      cli -> model, simulator, runtime
runtime -> nothing but the standard library
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.imports import UNWRITTEN, Import, graph, imports_of, modules_in

ROOT = Path(__file__).parents[2]
MOST_LINES = 350

# The folders (and modules beside them) of each room, bottom to top. What is above imports what is below. `|` stands
# between those that stand side by side: they do not import each other.
LAYERS = {
    "redrive": (
        "_lazy < core < failures < settings | aws < metrics < handlers < idempotency | circuit"
        " < sqs | streams | asynchronous | invoker < destinations | testing"
    ),
    "redrive_model": "limits < template < resources < facts < rules | schedules < findings",
    "redrive_cdk": (
        "core < helper | monitoring < sqs | streams | asynchronous | invoker < idempotency < circuit < checks"
    ),
    "redrive_simulator": (
        "errors | parameters | outcomes | faults < timeline < engine < services < invocation < resources"
        " < handlers < delivery < build < simulation < pytest_plugin"
    ),
}


@dataclass(frozen=True)
class Room:
    """A room, and what its modules may import besides the standard library and each other.

    Attributes:
        package: Its package.
        always: Packages and modules for any place; a package stands for all in it.
        in_functions: The same for the inside of functions and for type checking, besides.
        exceptions: What a single module may import besides: exactly that, no module in it.
    """

    package: str
    always: frozenset[str] = frozenset()
    in_functions: frozenset[str] = frozenset()
    exceptions: Mapping[str, str] = field(default_factory=dict[str, str])


ROOMS = {
    "runtime": Room(
        "redrive",
        in_functions=frozenset({"boto3", "botocore", "jmespath"}),  # jmespath comes with botocore
        exceptions={"redrive._lazy": UNWRITTEN},  # the tables `NAMES` are read instead
    ),
    "model": Room(
        "redrive_model",
        always=frozenset({"redrive.settings"}),
        in_functions=frozenset({"yaml", "samtranslator"}),
    ),
    "constructs": Room(
        "redrive_cdk",
        always=frozenset({"aws_cdk", "constructs", "jsii", "redrive_model", "redrive.settings", "redrive._lazy"}),
        exceptions={"redrive_cdk.helper.layer": "redrive"},  # its folder is the layer's content
    ),
    "simulator": Room(
        "redrive_simulator",
        always=frozenset(
            {
                *("pytest", "time_machine", "redrive_model", "redrive.settings", "redrive._lazy"),
                *("redrive.sqs.message", "redrive.handlers.responses", "redrive.aws.attribute_values"),  # records
                *("redrive.aws.clients", "redrive.core.parallel", "redrive.core.system"),  # seams
                *("redrive.circuit.stores", "redrive.idempotency.stores", "redrive.asynchronous.counters.tmp"),
            }
        ),
        in_functions=frozenset({"botocore"}),
    ),
    "cli": Room(
        "redrive_cli",
        always=frozenset({"redrive", "redrive_model", "redrive_simulator"}),
        in_functions=frozenset({"boto3", "botocore"}),
    ),
}

MODULES = {module: path for name, room in ROOMS.items() for module, path in modules_in(ROOT / name / room.package)}
PACKAGES = {module for module, path in MODULES.items() if path.name == "__init__.py"}
GRAPH = graph({module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}, PACKAGES)


def room_of(module: str) -> Room:
    return next(room for room in ROOMS.values() if is_in(module, {room.package}))


def is_in(module: str, packages: set[str] | frozenset[str]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


def wrong_imports(room: Room, module: str, imports: list[Import]) -> Iterator[Import]:
    """The imports of a module that its room does not allow."""
    for each in imports:
        allowed = room.always if each.at_start else room.always | room.in_functions
        if is_in(each.module, sys.stdlib_module_names | {room.package} | allowed):
            continue
        if room.exceptions.get(module) != each.module:
            yield each


def wrong_layers(imports: Mapping[str, list[Import]]) -> Iterator[str]:
    """The modules without a layer, and the imports that go up or sideways."""
    for module, several in imports.items():
        package, _, rest = module.partition(".")
        if not rest or package not in LAYERS:  # the package itself lists names of all layers
            continue
        ranks = {
            name.strip(): rank for rank, layer in enumerate(LAYERS[package].split("<")) for name in layer.split("|")
        }
        layer = rest.split(".")[0]
        if layer not in ranks:
            yield f"{module}: has no layer"
            continue
        for each in several:
            if not is_in(each.module, {package}):
                continue
            other = each.module.removeprefix(package).removeprefix(".").split(".")[0]
            if other != layer and ranks.get(other, len(ranks)) >= ranks[layer]:
                yield f"{module}:{each.line} imports {each.module}"


def cycle(imports: Mapping[str, list[Import]]) -> list[str]:
    """The modules of one circle of imports, or nothing."""

    def known(name: str) -> str:
        # `from package import name` is an import of the package, unless `name` is a module.
        while name and name not in imports:
            name = name.rpartition(".")[0]
        return name

    try:
        TopologicalSorter(
            {module: {known(each.module) for each in several} for module, several in imports.items()}
        ).prepare()
    except CycleError as error:
        return error.args[1]
    return []


def too_long(root: Path) -> list[str]:
    """The files with too many lines."""
    long: list[str] = []
    for path in sorted(path for name, room in ROOMS.items() for path in (root / name / room.package).rglob("*.*")):
        if path.suffix in (".py", ".pyi", ".js", ".css", ".html"):
            lines = len(path.read_text(encoding="utf-8").splitlines())
            long += [f"{path.relative_to(root)}: {lines}"] if lines > MOST_LINES else []
    return long


def without_a_docstring(root: Path) -> list[str]:
    """The package folders without an `__init__.py` that says what they are for."""
    folders = {path.parent for name, room in ROOMS.items() for path in (root / name / room.package).rglob("*.py")}
    return [
        str(folder.relative_to(root))
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
        or ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8"))) is None
    ]


def shadowing(root: Path) -> list[Path]:
    """What would stand before the package `constructs`, which aws-cdk-lib imports."""
    return [path for path in (root / "constructs" / "__init__.py", root / "constructs.py") if path.exists()]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_allows(module: str) -> None:
    assert list(wrong_imports(room_of(module), module, GRAPH[module])) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    assert (found := list(wrong_layers({module: GRAPH[module]}))) == [], found


def test_no_imports_go_in_a_circle() -> None:
    assert (circle := cycle(GRAPH)) == [], " <- ".join(circle)


def test_every_room_has_modules() -> None:
    assert {room_of(module).package for module in MODULES} == {room.package for room in ROOMS.values()}


def test_no_file_is_too_long() -> None:
    assert (found := too_long(ROOT)) == [], found


def test_every_package_says_what_it_is_for() -> None:
    assert (found := without_a_docstring(ROOT)) == [], found


def test_nothing_stands_before_the_package_that_the_cdk_imports() -> None:
    assert shadowing(ROOT) == []


GOOD = {
    "redrive.sqs.handler": [
        "import json, time\nfrom collections.abc import Mapping",
        "from redrive.settings import SqsSettings\nfrom . import message\nfrom .message import SqsMessage",
        "def call():\n    import boto3\n    from botocore.config import Config",
        "if TYPE_CHECKING:\n    from botocore.client import BaseClient",
        "def late(name):\n    return import_module(f'redrive.{name}')",
    ],
    "redrive._lazy": ["def late(name):\n    return import_module(name)"],
    "redrive_model.template.template": [
        "import json\nfrom redrive.settings import Backoff\nfrom redrive.settings.sqs import SqsSettings",
        "from redrive_model import limits\ndef read():\n    import yaml",
    ],
    "redrive_cdk.sqs.consumer": [
        "from redrive.settings import Backoff\nfrom redrive import settings\nfrom redrive._lazy import attach",
        "from aws_cdk import aws_sqs as sqs\nfrom constructs import Construct",
        "from redrive_cdk.monitoring.alarms import make_alarm\nfrom redrive_model.rules import sqs",
    ],
    "redrive_cdk.helper.layer": ["import redrive"],
    "redrive_simulator.build": [
        "from redrive.settings import read_sqs\nfrom redrive.core.system import clock\nimport heapq",
        "from redrive_model.template.template import Template",
        "NAMES = {'redrive_simulator.simulation': 'Simulation'}",
    ],
    "redrive_cli.main": [
        "import redrive, redrive_model\nfrom redrive_simulator import Simulation\ndef replay():\n    import boto3"
    ],
}
BAD = {
    "redrive.sqs.handler": [
        "import boto3",
        "from botocore.config import Config",
        "class Call:\n    import boto3",
        "try:\n    import boto3\nexcept ImportError:\n    pass",
        "if TYPE_CHECKING:\n    pass\nelse:\n    import boto3",
        "def call():\n    import requests",
        "def call():\n    import redrive_cdk",
        "def call():\n    import redrive_model",
        "async def call():\n    from redrive_simulator import Simulation",
        "if TYPE_CHECKING:\n    from redrive_cdk import SqsConsumer",
        "def call():\n    return __import__('redrive_cli')",
        "import importlib\nimportlib.import_module('redrive_cdk.alarms')",
        "import importlib\nimportlib.import_module(name)",
        "later = lambda: __import__('aws_cdk')",
        "NAMES = {'redrive_cdk.sqs.consumer': 'SqsConsumer'}",
        "import redrivex",
    ],
    "redrive._lazy": ["import boto3"],
    "redrive_model.template.template": [
        "import yaml",
        "import redrive",
        "from redrive import sqs_handler",
        "if TYPE_CHECKING:\n    from redrive.failures import backoff",
        "from redrive_simulator.parameters import Parameters",
        "from redrive_cdk.core.known import known",
        "def late():\n    import redrive_cli",
        "def late():\n    import boto3",
    ],
    "redrive_cdk.sqs.consumer": [
        "import redrive",
        "from redrive import sqs_handler",
        "from redrive.sqs.handler import SqsHandler",
        "import redrive.aws.clients",
        "def late():\n    from redrive.sqs.message import SqsMessage",
        "from redrive_simulator import Simulation",
        "from redrive_cli import main",
        "import boto3",
    ],
    "redrive_cdk.helper.layer": ["from redrive import sqs_handler", "import redrive.sqs.handler"],
    "redrive_simulator.build": [
        "import aws_cdk",
        "import redrive",
        "def late():\n    import redrive_cdk",
        "from redrive import sqs_handler",
        "from redrive.sqs.decision import decide",
        "from redrive_cli import main",
        "import boto3",
    ],
    "redrive_cli.main": ["import redrive_cdk", "from aws_cdk import App", "import boto3"],
}


def samples(several: Mapping[str, list[str]]) -> list[tuple[str, str]]:
    return [(module, source) for module, sources in several.items() for source in sources]


@pytest.mark.parametrize(("module", "source"), samples(GOOD))
def test_the_check_lets_through_what_is_allowed(module: str, source: str) -> None:
    assert list(wrong_imports(room_of(module), module, imports_of(module, source, modules=MODULES))) == []


@pytest.mark.parametrize(("module", "source"), samples(BAD))
def test_the_check_finds_what_is_not_allowed(module: str, source: str) -> None:
    assert len(list(wrong_imports(room_of(module), module, imports_of(module, source, modules=MODULES)))) == 1


GOOD_LAYERS = {
    "redrive.sqs.handler": [
        "from redrive.core import log\nfrom redrive.idempotency.claims import Claims\nfrom redrive_model import limits",
        "from . import message\nfrom .batch import Batch\nimport redrive.circuit.breaker",
    ],
    "redrive.core.log": ["from redrive.core.system import clock\nfrom redrive._lazy import attach\nimport json"],
    "redrive.destinations.form": ["def late():\n    from redrive.sqs.message import SqsMessage"],
    "redrive": ["NAMES = {'redrive.destinations.form': 'Form'}"],
    "redrive_cli.main": ["import redrive_cli.other"],
}
BAD_LAYERS = {
    "redrive.core.log": [
        "from redrive.failures.errors import Retry",
        "from redrive import settings",
        "import redrive",
        "from redrive import Retry",
        "def late():\n    import redrive.destinations.form",
        "if TYPE_CHECKING:\n    from redrive.sqs import message",
        "def late():\n    return import_module('redrive.sqs.handler')",
        "def late(name):\n    return import_module(f'redrive.sqs.{name}')",
        "NAMES = {'redrive.settings.sqs': 'SqsSettings'}",
        "from ..sqs import message",
        "from redrive.nowhere import anything",
    ],
    "redrive.sqs.handler": ["import redrive.streams.record", "def late():\n    from redrive.invoker import call"],
    "redrive.nowhere.anything": [""],
    "redrive_cdk.circuit.breaker": ["import redrive_cdk.checks"],
    "redrive_simulator.errors": ["from redrive_simulator.faults import Fault"],
    "redrive_model.rules.sqs": ["from redrive_model.schedules import horizons"],
}


@pytest.mark.parametrize(("module", "source"), samples(GOOD_LAYERS))
def test_an_import_of_what_is_below_passes(module: str, source: str) -> None:
    assert list(wrong_layers({module: imports_of(module, source, modules=MODULES)})) == []


@pytest.mark.parametrize(("module", "source"), samples(BAD_LAYERS))
def test_an_import_of_what_is_above_or_beside_is_found(module: str, source: str) -> None:
    assert len(list(wrong_layers({module: imports_of(module, source, modules=MODULES)}))) == 1


CIRCLES = [
    {"a": "import b", "b": "import a"},
    {"a": "import b", "b": "def late():\n    import c", "c": "if TYPE_CHECKING:\n    from a import A"},
    {"p.a": "from p.b import B", "p.b": "from p import a", "p": ""},
    {"p.a": "from . import b", "p.b": "from .a import A", "p": ""},
    {"a": "import b", "b": "def late():\n    return import_module('a')"},
    {"p": "NAMES = {'p.a': 'A'}", "p.a": "from p import A"},
]


@pytest.mark.parametrize("sources", CIRCLES)
def test_a_circle_is_found(sources: dict[str, str]) -> None:
    assert cycle(graph(sources, {"p"})) != []


def test_two_ways_to_one_module_are_no_circle() -> None:
    assert cycle(graph({"a": "import b, c", "b": "import c", "c": "import json"})) == []


def test_a_file_that_is_too_long_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "runtime" / "redrive" / "sqs"
    folder.mkdir(parents=True)
    for name, lines in {"a.py": 350, "b.py": 351, "c.js": 351, "d.css": 500, "e.html": 351, "f.json": 999}.items():
        (folder / name).write_text("x\n" * lines, encoding="utf-8")
    assert [line.partition(":")[0][-4:] for line in too_long(tmp_path)] == ["b.py", "c.js", ".css", "html"]


def test_a_package_that_says_nothing_is_found(tmp_path: Path) -> None:
    folder = tmp_path / "model" / "redrive_model"
    for name, source in {"a": '"""Says it."""', "b": "import json", "c": None}.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "module.py").touch()
        if source is not None:
            (folder / name / "__init__.py").write_text(source, encoding="utf-8")
    assert without_a_docstring(tmp_path) == ["model/redrive_model/b", "model/redrive_model/c"]


@pytest.mark.parametrize("name", ["constructs/__init__.py", "constructs.py"])
def test_what_stands_before_it_is_found(tmp_path: Path, name: str) -> None:
    (tmp_path / "constructs").mkdir()
    (tmp_path / name).touch()
    assert shadowing(tmp_path) == [tmp_path / name]
