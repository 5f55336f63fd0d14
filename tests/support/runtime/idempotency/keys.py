"""Helpers for the tests of keys: hashes of keys, and arguments that are objects."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from tests.support.runtime.idempotency.functions import Store


def sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def keys_of(store: Store) -> list[str]:
    """The hashes of the keys that were claimed, in order."""
    return [key.rpartition("#")[2] for (key,) in store.named("claim")]


@dataclass
class Line:
    sku: str


@dataclass
class Order:
    id: int
    lines: list[Line]


class Model:
    """Object that looks like pydantic's models from outside."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, *, mode: str = "python") -> dict[str, Any]:
        return self.fields
