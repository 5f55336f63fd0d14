"""The checks of test_rooms.py find what is wrong, and let through what is right."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.imports import graph, imports_of
from tests.unit.test_rooms import (
    MODULES,
    cycle,
    room_of,
    shadowing,
    too_long,
    without_a_docstring,
    wrong_imports,
    wrong_layers,
)

GOOD = {
    "redrive.sqs.handler": [
        "import json, time\nfrom collections.abc import Mapping",
        "from redrive.settings import SqsSettings\nfrom . import message\nfrom .message import SqsMessage",
        "def call():\n    import boto3\n    from botocore.config import Config",
        "if TYPE_CHECKING:\n    from botocore.client import BaseClient",
        "def late(name):\n    return import_module(f'redrive.{name}')",
    ],
    "redrive.core": ["def late(name):\n    return import_module(name)"],
    "redrive_model.template.template": [
        "import json\nfrom redrive.settings import Backoff\nfrom redrive.settings.sqs import SqsSettings",
        "from redrive_model import limits\ndef read():\n    import json",
    ],
    "redrive_cdk.sqs.consumer": [
        "from redrive.settings import Backoff\nfrom redrive import settings",
        "from aws_cdk import aws_sqs as sqs\nfrom constructs import Construct",
        "from redrive_cdk.monitoring.alarms import make_alarm\nfrom redrive_model.rules import sqs",
    ],
    "redrive_cdk": ["from redrive.core import attach"],
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
    "redrive.core": ["import boto3"],
    "redrive_model.template.template": [
        "import yaml",
        "import redrive",
        "from redrive import sqs_handler",
        "if TYPE_CHECKING:\n    from redrive.failures import backoff",
        "from redrive_simulator.parameters import Parameters",
        "from redrive_cdk.core.known import known",
        "def late():\n    import redrive_cli",
        "def late():\n    import click",
    ],
    "redrive_cdk.sqs.consumer": [
        "import redrive",
        "from redrive import sqs_handler",
        "from redrive.sqs.handler import SqsHandler",
        "import redrive.aws.clients",
        "from redrive.core import attach",
        "def late():\n    from redrive.sqs.message import SqsMessage",
        "from redrive_simulator import Simulation",
        "from redrive_cli import main",
        "import boto3",
    ],
    "redrive_cdk": ["from redrive.core.log import describe"],
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
    "redrive.core.log": ["from redrive.core.system import clock\nfrom redrive.core import attach\nimport json"],
    "redrive.destinations.form": ["def late():\n    from redrive.sqs.message import SqsMessage"],
    "redrive": ["NAMES = {'redrive.destinations.form': 'Form'}"],
    "redrive_cli.app": ["import redrive_cli.places"],
}
BAD_LAYERS = {
    "redrive.core.log": [
        "from redrive.failures.backoff import Backoff",
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
    "redrive.sqs.handler": ["import redrive.streams", "def late():\n    from redrive.invoker import call"],
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


def test_a_file_that_is_too_long_is_found_wherever_it_is(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("# Made\n/.venv-*/\n/build/\n*.py[cod]\n", encoding="utf-8")
    sizes = {
        "app.py": 351,
        "setup.py": 350,
        "tests/unit/test_a.py": 351,
        "tools/b.py": 350,
        ".ci/c.js": 351,
        "runtime/redrive/build/d.py": 351,
        "runtime/d.css": 500,
        "runtime/e.html": 351,
        "runtime/f.json": 999,
        "build/g.py": 999,
        ".venv-mini/h.py": 999,
        ".git/i.py": 999,
    }
    for name, lines in sizes.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x\n" * lines, encoding="utf-8")
    assert too_long(tmp_path) == [
        ".ci/c.js: 351",
        "app.py: 351",
        "runtime/d.css: 500",
        "runtime/e.html: 351",
        "runtime/redrive/build/d.py: 351",
        "tests/unit/test_a.py: 351",
    ]


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
