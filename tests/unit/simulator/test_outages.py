"""An outage of a dependency that is no longer than what a consumer bridges costs no event: the real constructs."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb

from redrive import CircuitBreaker, dynamodb_stream_handler, kinesis_handler, sqs_handler
from redrive_cdk import Backoff, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from redrive_simulator import Parameters, Simulation, hours, minutes
from tests.support import profiles
from tests.support.constructs.cdk import new_app, python_function
from tests.support.simulator.simulations import sqs_stack

pytestmark = pytest.mark.soak
KEY = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
MANY = profiles.either(50, 200)
LENGTHS = [10, minutes(1), minutes(10), minutes(50)]
#: The shortest waits that fit what was observed of Lambda: half of those that the simulator has by itself.
HASTY = Parameters(stream_retry_base=0.5, stream_retry_cap=30)
Outage = Callable[[Simulation], None]


def refuses(simulation: Simulation) -> None:
    raise ConnectionError("down")  # classified as transient: waits on the longer schedule


def raises(simulation: Simulation) -> None:
    raise ValueError("down")


def hangs(simulation: Simulation) -> None:
    simulation.take(60)  # the function times out


def is_slow(simulation: Simulation) -> None:
    simulation.take(3)  # there is no time for the other messages of the batch
    raise ConnectionError("down")


def opens_a_circuit() -> Outage:
    """Messages are received again when it may be half-open, which would spend a receive each half minute."""

    @CircuitBreaker("Payments")
    def charge() -> None:
        raise ConnectionError("down")

    return lambda simulation: charge()


def is_throttled(simulation: Simulation) -> None:
    """Lambda does not invoke the function: see `throttled`."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Thousands of log lines would take most of the time."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


HELPERS: dict[str, Any] = {
    "queue": sqs_handler,
    "fifo": sqs_handler,
    "kinesis": kinesis_handler,
    "dynamodb": dynamodb_stream_handler,
}


@cache
def assembly(kind: str, **options: Any) -> Path:
    """Synthesize a stack with one consumer, once for all runs."""
    folder = Path(mkdtemp())
    app = new_app(outdir=str(folder))
    stack = Stack(app, "Shop")
    function = python_function(stack, "Function")
    match kind:
        case "queue" | "fifo":
            SqsConsumer(stack, "Source", function=function, fifo=kind == "fifo", **options)
        case "kinesis":
            KinesisConsumer(stack, "Source", function=function, **options)
        case _:
            DynamoDBStreamConsumer(stack, "Source", function=function, partition_key=KEY, **options)
    app.synth()
    return folder


class Run:
    """A stack with one consumer of a function whose dependency is down at first."""

    def __init__(self, kind: str, length: float, outage: Outage = refuses, **options: Any) -> None:
        def work(event: Any) -> None:
            if self.simulation.now < length:
                outage(self.simulation)

        self.simulation = Simulation.from_assembly(
            assembly(kind, **options),
            handlers={"Function": HELPERS[kind](work)},
            seed=1,
            echo=False,
            parameters=HASTY,
        )
        if outage is is_throttled:
            self.simulation.throttle("Function", end=length)
        self.kind = kind

    def of(self, number: int, groups: int = 1_000) -> Run:
        """Send so many events at once, and play what follows."""
        for each in range(number):
            match self.kind:
                case "queue":
                    self.simulation.send("SourceQueue", str(each))
                case "fifo":
                    self.simulation.send(
                        "SourceQueue", str(each), group_id=str(each % groups), deduplication_id=str(each)
                    )
                case "kinesis":
                    self.simulation.put("SourceStream", each, partition_key=str(each))
                case _:
                    self.simulation.change("SourceTable", {"id": str(each)})
        self.simulation.run()
        return self

    @property
    def given_up(self) -> int:
        self.simulation.assert_nothing_lost()
        if self.kind in ("queue", "fifo"):
            return len(self.simulation.queue("SourceDeadLetterQueue"))
        return len(self.simulation.bucket("SourceFailureBucket").objects)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("kind", ["queue", "fifo", "kinesis", "dynamodb"])
def test_of_a_thousand_events_none_is_given_up(kind: str, length: float) -> None:
    if kind == "fifo":
        length = min(length, minutes(15))
    assert Run(kind, length).of(1_000).given_up == 0


@pytest.mark.parametrize("outage", [raises, hangs, is_slow, is_throttled], ids=lambda outage: outage.__name__)
@pytest.mark.parametrize(("kind", "length"), [("queue", hours(1)), ("fifo", minutes(15))])
def test_however_it_fails_none_is_given_up(kind: str, length: float, outage: Outage) -> None:
    assert Run(kind, length - 1, outage).of(MANY, groups=20).given_up == 0


@pytest.mark.parametrize(("kind", "length"), [("queue", hours(1)), ("fifo", minutes(15))])
def test_behind_an_open_circuit_none_is_given_up(kind: str, length: float) -> None:
    assert Run(kind, length - 1, opens_a_circuit()).of(MANY, groups=20).given_up == 0


@pytest.mark.parametrize("outage", [raises, hangs, is_throttled], ids=lambda outage: outage.__name__)
@pytest.mark.parametrize("kind", ["kinesis", "dynamodb"])
def test_however_it_fails_no_record_is_given_up(kind: str, outage: Outage) -> None:
    assert Run(kind, hours(1) - 1, outage).of(MANY).given_up == 0


@pytest.mark.parametrize("kind", ["queue", "kinesis"])
def test_what_never_succeeds_is_given_up_in_the_end(kind: str) -> None:
    run = Run(kind, hours(1_000), raises).of(3)
    assert run.given_up == 3
    assert hours(1) <= run.simulation.now < hours(4)


def by_hand(length: float) -> int:
    """The dead letters of a queue with AWS's recommendations, and no helper."""

    def handler(event: Any, context: Any) -> None:
        if simulation.now < length:
            raise ConnectionError("down")

    stack = sqs_stack(queue={"VisibilityTimeout": 60}, receives=5, partial=False)
    simulation = Simulation.from_template(stack, handlers={"Function": handler}, seed=1, echo=False)
    for each in range(100):
        simulation.send("Queue", str(each))
    simulation.run()
    return len(simulation.queue("DeadLetters"))


PAGE = (Path(__file__).parents[3] / "docs" / "concepts" / "bridging.md").read_text(encoding="utf-8")
#: Lengths in minutes, with the dead letters of a queue by hand, with full jitter, and of the construct.
ROWS = [tuple(map(int, row)) for row in re.findall(r"^\| (\d+) min \| (\d+) \| (\d+) \| (\d+) \|$", PAGE, re.MULTILINE)]


def test_the_page_has_the_lengths_that_tell_the_three_apart() -> None:
    assert [row[0] for row in ROWS] == [1, 4, 50]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} min")
def test_the_dead_letters_of_the_page(row: tuple[int, int, int, int]) -> None:
    """Of 100 messages, with a function timeout of 10 s."""
    length = minutes(row[0])
    full = {"backoff": Backoff(base=30, cap=900), "max_receive_count": 5}
    given_up = [Run("queue", length, raises, **full).of(100).given_up]
    given_up.append(Run("queue", length).of(100).given_up)
    assert (row[0], by_hand(length), *given_up) == row


@pytest.mark.parametrize("length", [20, 60, 239])
def test_with_as_few_receives_no_more_are_given_up_than_by_hand(length: float) -> None:
    assert Run("queue", length, max_receive_count=5).of(100).given_up == by_hand(length) == 0
