"""docs/architecture.md says what is in the code: variables of the contract, files, layers, the picture."""

from __future__ import annotations

import re
from inspect import get_annotations
from pathlib import Path

import redrive
import redrive_cdk
from redrive import settings
from redrive.settings.base import Settings, variable
from tests.unit import test_rooms
from tools.architecture_picture import PICTURE, layers_on, picture

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
PACKAGES = {
    "redrive": "runtime",
    "redrive_model": "model",
    "redrive_cdk": "constructs",
    "redrive_simulator": "simulator",
    "redrive_cli": "cli",
}
KINDS = {
    value
    for value in (getattr(settings, name) for name in settings.__all__)
    if isinstance(value, type) and issubclass(value, Settings) and hasattr(value, "KIND")
}


def quoted(text: str) -> list[str]:
    return re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def contract() -> dict[str, list[str]]:
    """The cells of each row of the contract's table, by variable."""
    rows = [line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| `REDRIVE_")]
    return {quoted(variable)[0]: cells for variable, *cells in rows}


def fields_of(kind: type[Settings]) -> set[str]:
    own = [get_annotations(base) for base in kind.__mro__ if issubclass(base, Settings)]
    return {name for each in own for name, kind in each.items() if not str(kind).startswith("ClassVar")}


def test_the_contract_has_every_kind_of_settings_and_nothing_else() -> None:
    assert len(KINDS) > 5
    assert set(contract()) == {variable(kind, 1) for kind in KINDS}


def test_the_contract_has_every_field_and_nothing_else() -> None:
    documented = {name: sorted(quoted(cells[-1])) for name, cells in contract().items()}
    assert documented == {variable(kind, 1): sorted(fields_of(kind)) for kind in KINDS}


def test_what_writes_and_reads_a_variable_is_public() -> None:
    options = {"pauses"}
    for writers, readers, _ in contract().values():
        assert set(quoted(writers)) - options <= set(redrive_cdk.__all__), writers
        assert {name.removeprefix("@") for name in quoted(readers)} <= set(redrive.__all__), readers


def test_the_page_gives_every_folder_a_layer() -> None:
    layers = layers_on(PAGE)
    assert set(layers) == set(PACKAGES)
    for package, room in PACKAGES.items():
        there = {
            path.stem
            for path in (ROOT / room / package).iterdir()
            if path.suffix == ".py" or (path / "__init__.py").exists()
        }
        assert there - {"__init__"} <= {name for layer in layers[package] for name in layer}, package


def test_the_layers_are_those_that_imports_are_checked_against() -> None:
    checked = test_rooms.LAYERS
    layers = layers_on(PAGE)
    page = {package: " < ".join(" | ".join(layer) for layer in several) for package, several in layers.items()}
    assert {package: page[package] for package in checked} == checked


def test_the_page_says_what_every_layer_is_for() -> None:
    named = set(quoted(PAGE))
    for package, layers in layers_on(PAGE).items():
        assert {name for layer in layers for name in layer} <= named, package


def test_the_picture_is_drawn_from_the_page() -> None:
    assert PICTURE.read_text(encoding="utf-8") == picture(PAGE), "run: python -m tools.architecture_picture"
