"""What pytest shows of a resource in a failing assertion: its name, how much it contains, and the first of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, resource, template

KEYS = {"AttributeName": "id", "KeyType": "HASH"}
STACK = template(
    Orders=resource("AWS::SQS::Queue"),
    Fifo=resource("AWS::SQS::Queue", FifoQueue=True),
    Readings=resource("AWS::Kinesis::Stream", ShardCount=1),
    Done=resource(
        "AWS::DynamoDB::Table",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[KEYS],
    ),
    Uploads=resource("AWS::S3::Bucket"),
    News=resource("AWS::SNS::Topic"),
    Shop=resource("AWS::Events::EventBus", Name="shop"),
    Printer=function(),
)


def prints(event: Any, context: Any) -> None:
    print("printed", event)


@pytest.fixture(scope="module")
def filled() -> Simulation:
    made = Simulation.from_template(STACK, {"Printer": prints}, echo=False)
    made.send("Orders", {"id": 7})
    made.send("Orders", "a text\nof two lines")
    made.send("Fifo", {"id": 8}, group_id="a", deduplication_id="a")
    made.put("Readings", {"celsius": 20}, partition_key="a")
    made.change("Done", {"id": "7"})
    made.client("s3").put_object(Bucket=made.bucket("Uploads").spec.bucket_name, Key="orders.csv", Body=b"7,chair")
    made.client("sns").publish(TopicArn=made.topic("News").spec.arn, Message='{"sold": "out"}')
    made.client("events").put_events(
        Entries=[{"Source": "shop", "DetailType": "sold", "Detail": '{"id": 7}', "EventBusName": "shop"}]
    )
    made.invoke("Printer", 7)
    return made


SHOWN: dict[str, tuple[Callable[[Simulation], object], str]] = {
    "queue": (lambda made: made.queue("Orders"), "<Queue Orders: 2 messages: {'id': 7}, 'a text\\nof two lines'>"),
    "FIFO queue": (lambda made: made.queue("Fifo"), "<Queue Fifo: 1 message: {'id': 8}>"),
    "stream": (lambda made: made.stream("Readings"), "<Stream Readings: 1 record: b'{\"celsius\": 20}'>"),
    "table": (lambda made: made.table("Done"), "<Table Done: 1 item: {'id': {'S': '7'}}>"),
    "bucket": (lambda made: made.bucket("Uploads"), "<Bucket Uploads: 1 object: 'orders.csv'>"),
    "topic": (lambda made: made.topic("News"), "<Topic News: 1 message: {'sold': 'out'}>"),
    "bus": (lambda made: made.bus("Shop"), "<Bus Shop: 1 event: {'sold': {'id': 7}}>"),
    "function": (lambda made: made.function("Printer"), "<Function Printer: 1 call: 'printed 7'>"),
    "simulation": (lambda made: made, "<Simulation at 0 s: 8 events>"),
    "timeline": (lambda made: made.timeline, "<Timeline: 9 entries, 8 events>"),
}


@pytest.mark.parametrize("of", SHOWN)
def test_a_resource_shows_its_name_and_what_it_contains(of: str, filled: Simulation) -> None:
    found, shown = SHOWN[of]
    assert repr(found(filled)) == shown


def test_an_empty_resource_shows_that() -> None:
    assert repr(Simulation.from_template(STACK).queue("Orders")) == "<Queue Orders: 0 messages>"


@pytest.mark.parametrize("body", ["x" * 5000, {"id": 7}], ids=["long", "many"])
def test_a_long_content_is_cut(body: Any) -> None:
    made = Simulation.from_template(STACK)
    for _ in range(100):
        made.send("Orders", body)
    shown = repr(made.queue("Orders"))
    assert len(shown) == 200
    assert shown.startswith("<Queue Orders: 100 messages: ")
    assert shown.endswith("…>")
