"""Random stacks, random traffic and random faults, and what must hold whatever happens.

A script follows from its number alone, so that one that fails can be run again.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

from redrive import (
    IdempotencySettings,
    KinesisRecord,
    SqsMessage,
    SqsSettings,
    idempotent,
    kinesis_handler,
    sqs_handler,
)
from redrive.idempotency.scope import known
from redrive_simulator import Kind, Outcome, Simulation
from tests.support.simulator.simulations import async_stack, contents, sqs_stack, stream_stack

Handler = Callable[[dict[str, Any], Any], Any]
SOURCES = ("queue", "fifo", "stream", "asynchronous")
_END = 400


@dataclass
class Script:
    """A script that has run.

    Attributes:
        number: Which one.
        source: What kind of source it has.
        simulation: Its simulation.
        partial: Whether the function's response says what has failed.
        sent: How many events.
        effects: How often what an event is for was done, by event.
    """

    number: int
    source: str
    simulation: Simulation
    partial: bool = True
    sent: int = 0
    effects: dict[int, int] = field(default_factory=dict[int, int])


def run(number: int) -> Script:
    """Run a script to its end.

    Args:
        number: Which one.
    """
    random = Random(number)
    source = random.choice(SOURCES)
    stack = {"queue": _queue, "fifo": _fifo, "stream": _stream, "asynchronous": _asynchronous}[source](random)
    script = Script(number, source, Simulation.from_template(stack, seed=number, echo=False))
    mapping = stack["Resources"].get("Mapping", {}).get("Properties", {})
    script.partial = "FunctionResponseTypes" in mapping or source == "asynchronous"
    script.simulation.function("Function").handler = _handler(script, random)
    _faults(script.simulation, random)
    _traffic(script, random)
    script.simulation.run()
    return script


def check(script: Script) -> None:
    """Checks the rules that every run follows.

    Args:
        script: A script that has run.
    """
    simulation = script.simulation
    simulation.assert_ended()
    sent = [event for event in simulation.timeline.events.values() if event.cause is None]
    assert len(sent) == script.sent
    ended = {each.event: each for each in simulation.ended}
    for event in sent:
        number = _number(event.payload)
        outcome = ended[event.id].outcome
        assert script.effects.get(number, 0) <= 1, f"event {number} was done twice"
        if outcome is Outcome.PROCESSED:
            assert script.effects.get(number) == 1, f"event {number} counts as processed, and was not"
    set_aside = [each for each in ended.values() if each.outcome in (Outcome.DEAD_LETTERED, Outcome.DESTINATION)]
    if script.source in ("queue", "fifo"):
        assert len(simulation.queue("DeadLetters")) == len(set_aside)
    if script.source in ("fifo", "stream"):
        _check_order(simulation)


def _check_order(simulation: Simulation) -> None:
    """Checks that the finished events of each group and lane are in the order in which they were sent."""
    left: dict[Any, list[int]] = {}
    events = simulation.timeline.events
    for entry in simulation.timeline:
        if entry.kind in (Kind.DELETED, Kind.DEAD_LETTERED, Kind.CHECKPOINT) and entry.source in ("Queue", "Stream"):
            for id in entry.events:
                left.setdefault((entry.lane, events[id].group), []).append(_number(events[id].payload))
    for where, numbers in left.items():
        assert numbers == sorted(numbers), f"out of order in {where}"


def _number(payload: Any) -> int:
    return json.loads(payload) if isinstance(payload, (str, bytes)) else payload


def _handler(script: Script, random: Random) -> Handler:
    """A handler that fails for some, takes its time for some, and does each once."""
    bad = {number for number in range(30) if random.random() < 0.15}
    flaky = {number for number in range(30) if random.random() < 0.2}
    slow = {number: random.choice((0.5, 3, 9, 30)) for number in range(30) if random.random() < 0.1}
    tries: dict[int, int] = {}
    simulation = script.simulation

    with known.replaced({}):  # each script is a process of its own

        @idempotent(settings=IdempotencySettings(table="done", expiry=10_000_000))
        def once(number: int) -> None:
            script.effects[number] = script.effects.get(number, 0) + 1

    def handle(number: int) -> None:
        tries[number] = tries.get(number, 0) + 1
        if number in slow and tries[number] == 1:
            simulation.take(slow[number])
        if number in bad or (number in flaky and tries[number] < 3):
            raise ValueError(f"{number} is bad")
        once(number)

    # A helper's response is heard only where the mapping asks for it.
    plain = random.random() < 0.4 or not script.partial

    if script.source == "asynchronous":

        def invoked(event: Any, context: Any) -> None:
            handle(event)

        return invoked
    if script.source == "stream":

        @kinesis_handler
        def helped(record: KinesisRecord[bytes]) -> None:
            handle(record.json())

        def by_hand(event: dict[str, Any], context: Any) -> None:
            for number in contents(event):
                handle(number)

        return by_hand if plain else helped

    @sqs_handler(settings=SqsSettings(max_receive_count=4))
    def helped_sqs(message: SqsMessage) -> None:
        handle(message.json())

    def sqs_by_hand(event: dict[str, Any], context: Any) -> None:
        for record in event["Records"]:
            handle(json.loads(record["body"]))

    return sqs_by_hand if plain else helped_sqs


def _queue(random: Random, *, fifo: bool = False) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if not fifo and random.random() < 0.3:
        options = {"MaximumBatchingWindowInSeconds": random.choice((1, 5))}
    if random.random() < 0.3:
        options["ScalingConfig"] = {"MaximumConcurrency": random.choice((2, 5))}
    return sqs_stack(
        fifo=fifo,
        receives=random.randint(1, 5),
        queue={"VisibilityTimeout": random.choice((10, 30, 60))},
        function_={"ReservedConcurrentExecutions": random.choice((1, 5))} if random.random() < 0.3 else {},
        BatchSize=random.randint(1, 10),
        **options,
    )


def _fifo(random: Random) -> dict[str, Any]:
    return _queue(random, fifo=True)


def _stream(random: Random) -> dict[str, Any]:
    return stream_stack(
        partial=random.random() < 0.6,
        shards=random.randint(1, 3),
        BatchSize=random.randint(1, 20),
        MaximumRetryAttempts=random.randint(0, 4),
        MaximumRecordAgeInSeconds=random.choice((-1, 60, 300)),
        BisectBatchOnFunctionError=random.random() < 0.5,
        ParallelizationFactor=random.choice((1, 1, 2, 5)),
        MaximumBatchingWindowInSeconds=random.choice((0, 0, 5)),
    )


def _asynchronous(random: Random) -> dict[str, Any]:
    return async_stack(
        MaximumRetryAttempts=random.randint(0, 2),
        MaximumEventAgeInSeconds=random.choice((60, 90, 600, 21_600)),
        function_={"ReservedConcurrentExecutions": random.choice((0, 1, 5))} if random.random() < 0.3 else {},
        dead_letters=random.random() < 0.5,
    )


def _faults(simulation: Simulation, random: Random) -> None:
    for _ in range(random.randint(0, 3)):
        start = random.uniform(0, _END)
        end = start + random.uniform(0, _END)
        match random.randrange(7):
            case 0:
                simulation.outage("Function", start=start, end=end)
            case 1:
                simulation.throttle("Function", start=start, end=end)
            case 2:
                simulation.service_error("Function", start=start, end=end)
            case 3:
                simulation.crash_once("Function", at_call=random.randint(1, 8), point=random.choice(("start", "end")))
            case 4:
                simulation.time_out_once(
                    "Function", at_call=random.randint(1, 8), point=random.choice(("start", "end"))
                )
            case _:
                kind = random.choice(("error", "crash", "timeout", "throttle", "service_error"))
                point = random.choice(("start", "end"))
                probability = random.uniform(0, 0.6)
                simulation.fail_by_chance("Function", probability, kind=kind, point=point, start=start, end=end)


def _traffic(script: Script, random: Random) -> None:
    simulation = script.simulation
    script.sent = random.randint(1, 30)
    times = sorted(random.choice((0.0, random.uniform(0, _END))) for _ in range(script.sent))
    for number, at in enumerate(times):
        key = random.choice("abc")
        match script.source:
            case "queue":
                simulation.send("Queue", number, at=at)
            case "fifo":
                simulation.send("Queue", number, group_id=key, deduplication_id=str(number), at=at)
            case "stream":
                simulation.put("Stream", number, partition_key=key, at=at)
            case _:
                simulation.invoke("Function", number, asynchronous=True, at=at)
