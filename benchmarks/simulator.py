"""Measures the speed of a simulation: deliveries a second, hours of retries, a stream with poison in it, memory.

Each figure is of a process of its own. Deliveries a second are those of a second of processor time, so that what else
the machine does is left out.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[1]))

from redrive_simulator import Outcome, Parameters, Simulation, hours
from tests.support.simulator.simulations import async_stack, fails, sqs_stack, stream_stack

#: Deliveries a second with a trivial handler that a quiet machine should reach.
GOAL = 40_000
#: Runs of which the fastest is compared with it: what shares the processor's caches slows each.
TRIES = 3


class Figure(NamedTuple):
    """One measurement.

    Attributes:
        name: What.
        deliveries: Events that were handed to a function, each time counted.
        seconds: Wall time, from the first event sent to the end.
        processor: Processor time of the same, which is what the wall time is on a machine that does nothing else.
        virtual: Virtual time.
        megabytes: The most memory that the process had, less what it had before.
    """

    name: str
    deliveries: int
    seconds: float
    processor: float
    virtual: float
    megabytes: float


def trivial(event: Any, context: Any) -> None:
    """Does nothing."""


def measured(name: str, simulation: Simulation, send: Callable[[Simulation], None]) -> Figure:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start, processor = time.perf_counter(), time.process_time()
    send(simulation)
    simulation.run()
    seconds, processor = time.perf_counter() - start, time.process_time() - processor
    simulation.assert_ended()
    memory = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    deliveries = sum(len(entry.events) for entry in simulation.timeline if entry.is_attempt)
    return Figure(name, deliveries, seconds, processor, simulation.now, memory)


def single_messages() -> Figure:
    def send(simulation: Simulation) -> None:
        for number in range(100_000):
            simulation.send("Queue", str(number))

    return measured(
        "messages, one a batch", Simulation.from_template(sqs_stack(BatchSize=1), {"Function": trivial}), send
    )


def batches() -> Figure:
    def send(simulation: Simulation) -> None:
        for number in range(100_000):
            simulation.send("Queue", str(number))

    return measured("messages, ten a batch", Simulation.from_template(sqs_stack(), {"Function": trivial}), send)


def fifo() -> Figure:
    def send(simulation: Simulation) -> None:
        for number in range(50_000):
            simulation.send("Queue", str(number), group_id=str(number % 1000), deduplication_id=str(number))

    return measured(
        "FIFO messages, 1,000 groups", Simulation.from_template(sqs_stack(fifo=True), {"Function": trivial}), send
    )


def invocations() -> Figure:
    def send(simulation: Simulation) -> None:
        for number in range(50_000):
            simulation.invoke("Function", number, asynchronous=True)

    stack = async_stack(DestinationConfig={})
    return measured("asynchronous invocations", Simulation.from_template(stack, {"Function": trivial}), send)


def failures() -> Figure:
    def send(simulation: Simulation) -> None:
        for number in range(20_000):
            simulation.invoke("Function", number, asynchronous=True)

    return measured("… all of which fail", Simulation.from_template(async_stack(), {"Function": fails}), send)


def six_hours() -> Figure:
    def send(simulation: Simulation) -> None:
        simulation.throttle("Function", end=hours(6) - 1)
        for _ in range(1_000):
            simulation.invoke("Function", None, asynchronous=True)

    return measured(
        "six hours of throttling, 1,000 events", Simulation.from_template(async_stack(), {"Function": trivial}), send
    )


def poisoned_stream() -> Figure:
    def handler(event: dict[str, Any], context: Any) -> None:
        for record in event["Records"]:
            if record["kinesis"]["data"] == "YmFk":
                raise ValueError

    def send(simulation: Simulation) -> None:
        for number in range(100_000):
            simulation.put("Stream", "bad" if number % 100 == 50 else "good", partition_key=str(number))

    stack = stream_stack(shards=4, BisectBatchOnFunctionError=True, MaximumRetryAttempts=2)
    simulation = Simulation.from_template(stack, {"Function": handler})
    figure = measured("stream of 100,000, 1 % poison, bisect", simulation, send)
    given_up = sum(ended.outcome is Outcome.DESTINATION for ended in simulation.ended)
    assert given_up == 1_000, given_up
    return figure


def million(keep_history: bool) -> Figure:
    """A million messages that arrive over time: a thousand each second."""

    def send(simulation: Simulation) -> None:
        for number in range(1_000_000):
            simulation.send("Queue", str(number))
            if number % 1_000 == 999:
                simulation.run_until(simulation.now + 1)

    parameters = Parameters(keep_history=keep_history)
    simulation = Simulation.from_template(sqs_stack(BatchSize=1), {"Function": trivial}, parameters=parameters)
    name = f"a million messages{'' if keep_history else ', no history'}"
    return measured(name, simulation, send)._replace(deliveries=simulation.function("Function").calls)


SCENARIOS = (single_messages, batches, fifo, invocations, failures, six_hours, poisoned_stream)
#: The most memory of a million messages in MB, with and without history.
MOST = {True: 600, False: 250}


def _print(figure: Figure) -> None:
    rate = figure.deliveries / figure.processor
    print(
        f"{figure.name:40} {figure.deliveries:10,} {rate:9,.0f} {figure.seconds:6.2f}s {figure.processor:8.2f}s "
        f"{figure.virtual:9,.0f}s {figure.megabytes:5.0f} MB"
    )


def main() -> None:
    print("simulations, each in a process of its own; a second is one of processor time")
    print(f"{'':40} {'deliveries':>10} {'a second':>9} {'wall':>7} {'processor':>9} {'virtual':>10} {'memory':>8}")
    fastest = 0.0
    for scenario in SCENARIOS:
        for _ in range(TRIES if scenario is single_messages else 1):
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                figure = pool.apply(scenario)
            _print(figure)
            if scenario is single_messages:
                fastest = max(fastest, figure.deliveries / figure.processor)
    for keep_history, most in MOST.items():
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            figure = pool.apply(million, (keep_history,))
        _print(figure)
        assert figure.megabytes <= most, f"{figure.megabytes:.0f} MB: it should be {most} MB at most"
    print(f"one message a batch, the fastest of {TRIES} runs: {fastest:,.0f} deliveries a second; the goal is {GOAL:,}")


if __name__ == "__main__":
    main()
