"""Times building and synthesis of 20 consumers, beside the same resources wired by hand from the CDK's own constructs.

    .venv/bin/python benchmarks/synth.py

The stacks by hand have as many resources of each type: queues or a stream, failure bucket, policies, mapping, alarms,
and the function with its variable and its layer. Functions are created in the same way on both sides. Building and
synthesis are timed together, in one process. The time is the sum of the medians of all steps (each consumer, the
synthesis), and both sides take turns at each step, so that other work of the machine slows both. The first round does
not count.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
os.environ.setdefault("CDK_VALIDATION", "false")  # the template validator would take most of the time of both

from aws_cdk import App, Stack
from aws_cdk import aws_lambda as lambda_

from benchmarks.support.by_hand import KEY, Wiring, layer_folder, new_function
from redrive_cdk import DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from tests.support.constructs.cdk import CONTEXT
from tests.support.constructs.jsii_calls import counted

ROUNDS = 5
CONSUMERS = 20

# As users have it.
_WITH_TRACES = {**CONTEXT, "aws:cdk:disable-creation-stack-traces": False}
#: Connects a function of a stack, under an id.
Connect = Callable[[str, lambda_.Function], object]

OURS: Mapping[str, Callable[[Stack], Connect]] = {
    "SqsConsumer": lambda stack: lambda id, function: SqsConsumer(stack, id, function=function),
    "KinesisConsumer": lambda stack: lambda id, function: KinesisConsumer(stack, id, function=function),
    "DynamoDBStreamConsumer": lambda stack: (
        lambda id, function: DynamoDBStreamConsumer(stack, id, function=function, partition_key=KEY)
    ),
}
BY_HAND: Mapping[str, Callable[[Wiring], Connect]] = {
    "SqsConsumer": lambda wiring: wiring.sqs,
    "KinesisConsumer": lambda wiring: wiring.kinesis,
    "DynamoDBStreamConsumer": lambda wiring: wiring.dynamodb,
}


class Side:
    """An app with a stack of consumers, and what it took so far.

    Attributes:
        seconds: Time of each step.
        calls: Calls into Node.js.
    """

    def __init__(self, folder: Path, connecting: Callable[[Stack], Connect]) -> None:
        self._folder = folder
        self.seconds: list[float] = []
        self.calls = 0
        self._timed(lambda: self._open(connecting))

    def _open(self, connecting: Callable[[Stack], Connect]) -> None:
        self._app = App(context=_WITH_TRACES, outdir=str(self._folder))
        self._stack = Stack(self._app, "Stack")
        self._connect = connecting(self._stack)

    def add(self, number: int) -> None:
        """Add a function and its consumer."""
        self._timed(lambda: self._connect(f"Orders{number}", new_function(self._stack, f"Function{number}")))

    def synthesize(self) -> None:
        """Synthesize the app."""
        gc.collect()
        self._timed(self._app.synth)

    def resources(self) -> Counter[str]:
        """Return the resources of the template by type."""
        template = json.loads((self._folder / "Stack.template.json").read_text())
        return Counter(each["Type"] for each in template["Resources"].values())

    def _timed(self, action: Callable[[], object]) -> None:
        with counted() as calls:
            start = time.perf_counter()
            action()
            self.seconds.append(time.perf_counter() - start)
        self.calls += len(calls)


def made_in_turn(folder: Path, *sides: Callable[[Stack], Connect]) -> list[Side]:
    """Build and synthesize an app for each side."""
    # As between two syntheses of one project, the output stays.
    made = [Side(folder / str(number), connecting) for number, connecting in enumerate(sides)]
    for number in range(CONSUMERS):
        for side in made if number % 2 else reversed(made):
            side.add(number)
    for side in made:
        side.synthesize()
    return made


def seconds_of(rounds: Sequence[Side]) -> float:
    """Return the sum of the medians of all steps."""
    return sum(map(statistics.median, zip(*(each.seconds for each in rounds), strict=True)))


def compared(name: str, folder: Path) -> None:
    """Print the times of a construct and of the same resources by hand."""
    code = layer_folder(folder / "code")
    sides: tuple[Callable[[Stack], Connect], ...] = OURS[name], lambda stack: BY_HAND[name](Wiring(stack, code))
    rounds = [made_in_turn(folder, *sides) for _ in range(ROUNDS + 1)][1:]
    ours, by_hand = rounds[0]
    resources = ours.resources()
    if resources != by_hand.resources():
        raise SystemExit(f"{name}: other resources than by hand: {resources} and {by_hand.resources()}")
    seconds, seconds_by_hand = map(seconds_of, zip(*rounds, strict=True))
    print(
        f"{name:<24}{resources.total():>10}{seconds * 1000:>8.0f}{ours.calls:>12,}{seconds_by_hand * 1000:>12.0f}"
        f"{by_hand.calls:>12,}{seconds / seconds_by_hand:>8.2f}"
    )


def main() -> None:
    print(f"building and synthesis of {CONSUMERS} consumers and their functions, medians of {ROUNDS} rounds in turn")
    print(f"{'':<24}{'resources':>10}{'ms':>8}{'jsii calls':>12}{'ms by hand':>12}{'jsii calls':>12}{'ratio':>8}")
    for name in OURS:
        with tempfile.TemporaryDirectory() as folder:
            compared(name, Path(folder))


if __name__ == "__main__":
    main()
