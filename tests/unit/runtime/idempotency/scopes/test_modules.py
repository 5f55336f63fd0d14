"""A module that is executed again may decorate its functions again."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from redrive import MemoryStore, idempotent
from tests.support.runtime.idempotency.scopes import (
    REFUSED,
)

MODULE = """
from redrive import Idempotency, idempotent, sqs_handler
from redrive.idempotency.memory import MemoryStore
import library

@sqs_handler(idempotency=Idempotency(key="id"))
def handle(message): return VERSION

charge = idempotent(key="id")(lambda order: VERSION)
made = idempotent(key="id")(library.make(object()))
bound = idempotent(key="id")(library.Service("a").process)
"""
LIBRARY = """
class Service:
    def __init__(self, name): self.name = name
    def process(self, order): return self.name

def make(client):
    def made(order): return client
    return made
"""


@pytest.fixture
def modules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "library.py").write_text(LIBRARY)
    (tmp_path / "orders_app.py").write_text("VERSION = 1\n" + MODULE)
    (tmp_path / "refunds_app.py").write_text("VERSION = 1\n" + MODULE)
    importlib.invalidate_caches()
    yield tmp_path
    for name in ("library", "orders_app", "refunds_app"):
        sys.modules.pop(name, None)


def test_a_module_can_be_reloaded(modules: Path) -> None:
    app = importlib.import_module("orders_app")
    importlib.reload(app)
    (modules / "orders_app.py").write_text("# edited\nVERSION = 22\n" + MODULE)
    importlib.reload(app)
    importlib.reload(importlib.import_module("library"))
    importlib.reload(app)


def test_a_module_can_be_imported_anew(modules: Path) -> None:
    for _ in range(2):
        importlib.import_module("orders_app")
        del sys.modules["orders_app"]


def test_another_module_is_no_reload(modules: Path) -> None:
    importlib.import_module("orders_app")
    with pytest.raises(ValueError, match=REFUSED):
        importlib.import_module("refunds_app")


def test_at_a_prompt_functions_can_be_defined_again(monkeypatch: pytest.MonkeyPatch, store: MemoryStore) -> None:
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    for function in (lambda order: "order", lambda order: "refund"):
        idempotent(store=store)(function)
