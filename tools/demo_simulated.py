"""The demonstration's traffic once more, simulated: the same template and the same handlers, in virtual time."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from redrive import InvocationRecord
from redrive_simulator import Simulation
from tools.demo_invoices import Invocations
from tools.demo_queues import BY_SQS, Consumer
from tools.demo_readings import Readings, set_aside_in
from tools.demo_table import Ends

EndsByKind = Mapping[str, Ends]


class Simulated(NamedTuple):
    """The result of the simulation.

    Attributes:
        ends: For each part of the traffic, where the events of each kind have ended.
        problems: What is not as it should be.
    """

    ends: dict[str, dict[str, Ends]]
    problems: list[str]


def simulate(
    assembly: Path, queues: Sequence[Consumer], readings: Readings, invoices: Invocations, page: Path
) -> Simulated:
    """Sends the same events to the simulated stack, and runs it to the end.

    Args:
        assembly: What `cdk synth` has written.
        queues: The queues' traffic.
        readings: The stream's.
        invoices: The events of asynchronous invocations.
        page: Where the history is to be written, as HTML.
    """
    began = time.monotonic()
    simulation = Simulation.from_assembly(assembly, echo=False)
    for consumer in queues:
        for sample in consumer.samples:
            simulation.send(f"{consumer.name}Queue", sample.message.body, group_id=sample.message.group)
    for reading in readings.readings:
        simulation.put("ReadingsStream", reading.data, partition_key=reading.sensor)
    for invoice in invoices.invoices:
        simulation.invoke("InvoicesFunction", invoice.event, asynchronous=True)
    simulation.run()
    taken = time.monotonic() - began
    page.parent.mkdir(parents=True, exist_ok=True)
    simulation.timeline.write_html(page)
    minutes, seconds = divmod(round(simulation.now), 60)
    print(
        f"\nThe same events, simulated in {taken:.1f} s: on AWS it would have taken {minutes} min {seconds} s.\n"
        f"The history of them and of what follows from them, {len(simulation.timeline.events)} in all: {page}"
    )
    problems = [f"{each.event} in {each.source} was lost: {each.reason}" for each in simulation.lost]
    ends = {consumer.name: _of_queue(simulation, consumer) for consumer in queues}
    ends["Readings"] = _of_stream(simulation, readings)
    ends["Invoices"] = _of_invoices(simulation, invoices)
    return Simulated(ends, problems + [problem for kinds in ends.values() for problem in _problems(kinds)])


def differences(name: str, deployed: EndsByKind, simulated: EndsByKind) -> list[str]:
    """Returns the events that ended elsewhere in the simulation than in the deployed stack."""
    return [
        f"{name}, {kind}: {_places(deployed[kind])} on the local AWS, {_places(simulated[kind])} simulated"
        for kind in deployed
        if _places(deployed[kind]) != _places(simulated[kind])
    ]


def _places(ends: Ends) -> str:
    return f"{ends.tries.total()} processed, {ends.reasons.total()} failed for good"


def _problems(ends: EndsByKind) -> list[str]:
    return [f"simulated: {problem}" for end in ends.values() for problem in end.problems]


def _of_queue(simulation: Simulation, consumer: Consumer) -> dict[str, Ends]:
    dead: dict[str, str] = {}
    for message in simulation.queue(f"{consumer.name}DeadLetterQueue").messages:
        reason = (message.attributes or {}).get("RedriveReason")
        dead[message.body] = BY_SQS if reason is None else reason["stringValue"]
    return consumer.ends_of(_printed(simulation, f"{consumer.name}Function", "done"), dead)


def _of_stream(simulation: Simulation, readings: Readings) -> dict[str, Ends]:
    taken = {line["taken"] for line in _printed(simulation, "ReadingsFunction", "taken")}
    objects = simulation.bucket("ReadingsFailureBucket").objects.values()
    return readings.ends_of(taken, set_aside_in(each.content for each in objects))


def _of_invoices(simulation: Simulation, invoices: Invocations) -> dict[str, Ends]:
    drawn = {line["drawn"]: int(line["attempt"]) for line in _printed(simulation, "InvoicesFunction", "drawn")}
    messages = simulation.queue("InvoicesFailureQueue").messages
    return invoices.ends_of(drawn, [InvocationRecord.parse(message.body) for message in messages])


def _printed(simulation: Simulation, function: str, field: str) -> list[dict[str, Any]]:
    """Returns the JSON objects with a field that a function has printed."""
    found: list[dict[str, Any]] = []
    for _, line in simulation.function(function).log:
        if line.startswith("{"):
            fields: dict[str, Any] = json.loads(line)
            if field in fields:
                found.append(fields)
    return found
