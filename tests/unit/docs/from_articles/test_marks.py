"""docs/migration/from-articles.md, "Processed before?": a check and a mark lose and repeat work, a claim does not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress

import boto3
import pytest

from redrive import MemoryStore
from redrive.idempotency.stores import stores
from redrive.testing import LambdaContext, recorded_calls, returned_ids, sqs_event
from tests.support.docs.articles import CLAIMS, MARKS
from tests.unit.docs.test_docs import run


class Table:
    """The article's table."""

    def __init__(self) -> None:
        self.items: set[str] = set()

    def get_item(self, Key: dict[str, str]) -> dict[str, object]:  # noqa: N803
        return {"Item": Key} if Key["id"] in self.items else {}

    def put_item(self, Item: dict[str, str]) -> None:  # noqa: N803
        self.items.add(Item["id"])


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Resource:
        def __init__(self, service: str) -> None: ...

        def Table(self, name: str) -> Table:  # noqa: N802
            return Table()

    monkeypatch.setattr(boto3, "resource", Resource)
    store = MemoryStore()
    with stores.replaced(lambda name: store), recorded_calls():
        yield


def overlapping(code: str) -> list[int]:
    """The orders that are charged if a message is delivered again while its first delivery is in progress."""
    charged: list[int] = []
    event = sqs_event({"id": 7})

    def process(order: dict[str, int]) -> None:
        if not charged:
            charged.append(order["id"])
            handler(event, LambdaContext())
        else:
            charged.append(order["id"])

    handler = run(code, process=process)["handler"]
    handler(event, LambdaContext())
    return charged


@pytest.mark.usefixtures("table")
def test_a_check_and_a_mark_let_two_deliveries_run() -> None:
    assert overlapping(MARKS) == [7, 7]
    assert overlapping(CLAIMS) == [7]


@pytest.mark.usefixtures("table")
def test_a_mark_before_the_work_loses_what_fails() -> None:
    work, mark = (
        '            process(json.loads(record["body"]))\n',
        '            mark_processed(record["messageId"])\n',
    )
    before = MARKS.replace(work + mark, mark + work)
    assert before != MARKS
    for code, expected in ((before, []), (CLAIMS, [7])):
        assert charged_at_second_delivery(code) == expected


def charged_at_second_delivery(code: str) -> list[int]:
    """The orders that are charged if the first delivery fails."""
    tries: list[int] = []
    charged: list[int] = []

    def process(order: dict[str, int]) -> None:
        tries.append(order["id"])
        if len(tries) == 1:
            raise ConnectionError("down")
        charged.append(order["id"])

    handler, event = run(code, process=process)["handler"], sqs_event({"id": 7})
    with suppress(ConnectionError):
        assert len(returned_ids(handler(event, LambdaContext()))) == 1
    handler(event, LambdaContext())
    return charged
