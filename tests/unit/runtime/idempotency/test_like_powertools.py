"""Keys and hashes as Powertools makes them, compared with Powertools itself."""

from __future__ import annotations

import gzip
from base64 import b64encode
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

import pytest
from aws_lambda_powertools.utilities.idempotency import IdempotencyConfig
from aws_lambda_powertools.utilities.idempotency import idempotent as powertools_idempotent
from aws_lambda_powertools.utilities.idempotency import idempotent_function as powertools_idempotent_function
from aws_lambda_powertools.utilities.idempotency.persistence.base import BasePersistenceLayer
from aws_lambda_powertools.utilities.idempotency.persistence.datarecord import DataRecord
from hypothesis import given
from hypothesis import strategies as st

from redrive import idempotent
from tests.support.runtime.idempotency.functions import Store, outside
from tests.support.runtime.sqs.queue import Context, VirtualTime

pytestmark = pytest.mark.usefixtures("seams")


class Layer(BasePersistenceLayer):
    """A store of Powertools' that keeps what is put."""

    def __init__(self) -> None:
        super().__init__()
        self.put: list[DataRecord] = []

    def _put_record(self, data_record: DataRecord) -> None:
        self.put.append(data_record)

    def _get_record(self, idempotency_key: str) -> DataRecord:
        raise NotImplementedError

    def _update_record(self, data_record: DataRecord) -> None: ...

    def _delete_record(self, data_record: DataRecord) -> None: ...


def handler(event: Any, context: Any) -> None: ...


def charge(order: Any) -> None: ...


def theirs(event: Any, path: str | None, payload: str | None = None, prefix: str | None = None) -> tuple[str, str]:
    """Key and hash of the payload, as Powertools makes them for a handler."""
    layer, context = Layer(), Context(lambda: 0.0)
    config = IdempotencyConfig(event_key_jmespath=path or "", payload_validation_jmespath=payload or "")
    decorate: Any = powertools_idempotent
    decorated = decorate(handler, persistence_store=layer, config=config, key_prefix=prefix)
    decorated(event, context)
    (record,) = layer.put
    return record.idempotency_key, record.payload_hash


def ours(event: Any, path: str | None, payload: str | None = None, prefix: str = "") -> tuple[str, str]:
    store = Store()
    decorated = idempotent(store=store, key=path, payload=payload, prefix=prefix, like_powertools=True)(handler)
    decorated(event, None)
    (record,) = store.records.values()
    return record.key, record.validation or ""


EVENT = {
    "id": 7,
    "customer": "é",
    "amount": 1.5,
    "lines": [{"sku": "a"}, {"sku": "b"}],
    "body": '{"n": [1, 2]}',
    "encoded": "w6k=",
    "compressed": b64encode(gzip.compress(b"[1]", mtime=0)).decode(),
    "none": None,
}
PATHS = [
    None,
    "id",
    "customer",
    "lines",
    "lines[*].sku",
    "[customer, id, none]",
    "{a: id, b: none}",
    "powertools_json(body)",
    "powertools_json(body).n[1]",
    "powertools_base64(encoded)",
    "powertools_base64_gzip(compressed)",
]


@pytest.mark.parametrize("name", [None, "orders-function"])
@pytest.mark.parametrize("path", PATHS)
def test_a_handlers_key_is_the_same(monkeypatch: pytest.MonkeyPatch, path: str | None, name: str | None) -> None:
    if name is not None:
        monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", name)
    assert ours(EVENT, path) == theirs(EVENT, path)
    assert theirs(EVENT, path)[0].startswith(f"{name or 'test-func'}.tests.unit.runtime.")


@pytest.mark.parametrize("path", PATHS)
def test_the_hash_of_a_payload_is_the_same(path: str | None) -> None:
    assert ours(EVENT, "id", path) == theirs(EVENT, "id", path)


def test_a_prefix_stands_in_the_place_of_the_names() -> None:
    assert ours(EVENT, "id", None, "mine") == theirs(EVENT, "id", None, "mine")
    assert ours(EVENT, "id", None, "mine")[0].startswith("mine#")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3),
    max_leaves=8,
)


@given(_JSON, st.sampled_from([None, "id", "lines", "[id, lines]"]))
def test_whatever_an_event_holds_its_key_is_the_same(value: Any, path: str | None) -> None:
    event = {"id": 1, "lines": value}
    if path == "lines" and BasePersistenceLayer.is_missing_idempotency_key(value):
        return
    with outside(VirtualTime()):
        assert ours(event, path) == theirs(event, path)


class Colour(Enum):
    RED = "red"


class Model:
    """Object that looks like pydantic's models to Powertools, with a time zone as pydantic writes it."""

    def __init__(self, **fields: Any) -> None:
        self.fields = fields

    def model_dump(self, mode: str = "python") -> dict[str, Any]:
        if mode == "python":
            return self.fields
        return {name: value.isoformat().replace("+00:00", "Z") for name, value in self.fields.items()}


@dataclass
class Line:
    price: Decimal
    when: datetime


@dataclass
class Order:
    id: int
    lines: list[Line]


LINE = Line(Decimal("1.50"), datetime(2026, 11, 21, 8, tzinfo=UTC))


WITH_MEMBERS: list[Any] = [
    {"id": Decimal("1.50")},
    {"id": Decimal("NaN")},
    {"id": Decimal("-1.0")},
    {"id": UUID(int=7)},
    {"id": PurePosixPath("/tmp/a")},
    {"id": date(2026, 11, 21)},
    {"id": LINE.when},
    {"id": LINE.when.timetz()},
    {"id": Colour.RED},
    {"id": LINE},
    Order(7, [LINE]),
    Model(id=LINE.when),
]


@pytest.mark.parametrize(
    ("order", "path"),
    [(order, path) for order in WITH_MEMBERS for path in (None, "id")] + [([1, 2], None), ("order", None), (7, None)],
    ids=lambda value: "model" if isinstance(value, Model) else repr(value),
)
def test_a_functions_key_is_the_same_whatever_it_is_called_with(order: Any, path: str | None) -> None:
    layer, config = Layer(), IdempotencyConfig(event_key_jmespath=path or "")
    config.register_lambda_context(Context(lambda: 0.0))  # type: ignore[arg-type]
    decorated = powertools_idempotent_function(
        charge, data_keyword_argument="order", persistence_store=layer, config=config
    )
    decorated(order=order)
    store = Store()
    idempotent(store=store, key=path, like_powertools=True)(charge)(order=order)
    assert [record.idempotency_key for record in layer.put] == list(store.records)


def test_the_name_is_that_of_the_environment_as_in_powertools(context: Context) -> None:
    """In Lambda both are the same. In a test, a context says what it likes."""
    store = Store()
    idempotent(store=store, like_powertools=True)(handler)(EVENT, context)
    assert list(store.records) == [theirs(EVENT, None)[0]]
