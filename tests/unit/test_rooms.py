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
from fnmatch import fnmatch
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.imports import UNWRITTEN, Import, graph, modules_in

ROOT = Path(__file__).parents[2]
MOST_LINES = 350

# The folders (and modules beside them) of each room, bottom to top. What is above imports what is below. `|` stands
# between those that stand side by side: they do not import each other.
LAYERS = {
    "redrive": (
        "core < failures < settings | aws < metrics < handlers < idempotency | circuit"
        " < sqs | streams | asynchronous | invoker < destinations | testing"
    ),
    "redrive_model": (
        "limits | operations < filters < template < resources < facts < rules | schedules < findings < explanation"
    ),
    "redrive_cdk": (
        "core < helper | monitoring < sqs | streams | asynchronous | invoker | guards < idempotency < circuit"
        " < operators | checks"
    ),
    "redrive_simulator": (
        "errors | parameters | outcomes | arguments < faults < timeline < engine < services < invocation < resources"
        " < handlers < delivery < build < simulation < pytest_plugin"
    ),
    "redrive_cli": (
        "errors | output < aws | calls < places < stacks < check | explain | failures"
        " < selection | summary | stream_records | log_lines"
        " < circuits | simulate < replay | circuit_changes < archiving < commands < app < __main__"
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
        # jmespath comes with botocore; a durable function has its SDK.
        in_functions=frozenset({"boto3", "botocore", "jmespath", "aws_durable_execution_sdk_python"}),
        exceptions={"redrive.core": UNWRITTEN},  # the tables `NAMES` are read instead
    ),
    "model": Room(
        "redrive_model",
        always=frozenset({"redrive.settings"}),
        # Optional: templates in YAML and SAM, and the schemas of CloudFormation's registry.
        in_functions=frozenset({"boto3", "jsonschema", "samtranslator", "yaml"}),
    ),
    "constructs": Room(
        "redrive_cdk",
        always=frozenset({"aws_cdk", "constructs", "jsii", "redrive_model", "redrive.settings"}),
        exceptions={
            "redrive_cdk": "redrive.core",  # loads public names
            "redrive_cdk.helper.layer": "redrive",  # its folder is the layer's content
        },
    ),
    "simulator": Room(
        "redrive_simulator",
        always=frozenset(
            {
                *("pytest", "time_machine", "redrive_model", "redrive.settings"),
                *("redrive.sqs.message", "redrive.handlers.responses", "redrive.aws.attribute_values"),  # records
                *("redrive.aws.clients", "redrive.core.parallel", "redrive.core.system"),  # seams
                "redrive.handlers.failures",
                *("redrive.circuit.stores", "redrive.idempotency.stores", "redrive.asynchronous.counters.tmp"),
                *("redrive.idempotency.memory", "redrive.idempotency.scope"),
            }
        ),
        in_functions=frozenset({"boto3", "botocore", "moto"}),
        exceptions={
            "redrive_simulator": "redrive.core",  # loads public names
            "redrive_simulator.handlers.assets": UNWRITTEN,  # the code of a user's function
        },
    ),
    "cli": Room(
        "redrive_cli",
        always=frozenset({"redrive", "redrive_model", "redrive_simulator", "click"}),
        in_functions=frozenset({"boto3", "botocore", "jmespath", "rich", "samtranslator", "yaml"}),
    ),
}

MODULES = {module: path for name, room in ROOMS.items() for module, path in modules_in(ROOT / name / room.package)}
PACKAGES = {module for module, path in MODULES.items() if path.name == "__init__.py"}


@cache
def imports() -> dict[str, list[Import]]:
    """Return the imports of each module; every process that collects tests would wait for them otherwise."""
    return graph({module: path.read_text(encoding="utf-8") for module, path in MODULES.items()}, PACKAGES)


def room_of(module: str) -> Room:
    return next(room for room in ROOMS.values() if is_in(module, {room.package}))


def is_in(module: str, packages: set[str] | frozenset[str]) -> bool:
    while module and module not in packages:
        module = module.rpartition(".")[0]
    return module != ""


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
    """The files with too many lines: sources, tests and tools, but nothing that `.gitignore` says is made."""
    lines = (root / ".gitignore").read_text(encoding="utf-8").splitlines()
    made = [".git", *(line.strip("/") for line in lines if line and not line.startswith("#"))]
    own = [path for path in root.iterdir() if not any(fnmatch(path.name, pattern) for pattern in made)]
    long: list[str] = []
    for path in sorted(path for each in own for path in (each.rglob("*.*") if each.is_dir() else [each])):
        if path.suffix in (".py", ".pyi", ".js", ".cjs", ".css", ".html"):
            count = len(path.read_text(encoding="utf-8").splitlines())
            long += [f"{path.relative_to(root)}: {count}"] if count > MOST_LINES else []
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
    """Returns the paths that would hide the package `constructs`, which aws-cdk-lib imports."""
    return [path for path in (root / "constructs" / "__init__.py", root / "constructs.py") if path.exists()]


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_its_room_allows(module: str) -> None:
    assert list(wrong_imports(room_of(module), module, imports()[module])) == []


@pytest.mark.parametrize("module", MODULES)
def test_a_module_imports_only_what_is_below_it(module: str) -> None:
    assert (found := list(wrong_layers({module: imports()[module]}))) == [], found


def test_no_imports_go_in_a_circle() -> None:
    assert (circle := cycle(imports())) == [], " <- ".join(circle)


def test_every_room_has_modules() -> None:
    assert {room_of(module).package for module in MODULES} == {room.package for room in ROOMS.values()}


def test_no_file_is_too_long() -> None:
    assert (found := too_long(ROOT)) == [], found


def test_every_package_says_what_it_is_for() -> None:
    assert (found := without_a_docstring(ROOT)) == [], found


def test_nothing_stands_before_the_package_that_the_cdk_imports() -> None:
    assert shadowing(ROOT) == []
