"""Times building and synthesis of 20 consumers, beside the same resources wired by hand from the CDK's own constructs.

    .venv/bin/python benchmarks/synth.py

The stacks by hand have as many resources of each type: queues or a stream, failure bucket, policies, mapping, alarms,
and the function with its variable and its layer. Functions are created in the same way on both sides. Building and
synthesis are timed together, in turn in one process; the first round does not count.
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
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

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


def synthesized(folder: Path, connecting: Callable[[Stack], Connect]) -> dict[str, Any]:
    """Build a stack of consumers, synthesize it, and return its template."""
    app = App(context=_WITH_TRACES, outdir=str(folder))
    stack = Stack(app, "Stack")
    connect = connecting(stack)
    for number in range(CONSUMERS):
        connect(f"Orders{number}", new_function(stack, f"Function{number}"))
    app.synth()
    return json.loads((folder / "Stack.template.json").read_text())


def measured(folder: Path, connecting: Callable[[Stack], Connect]) -> tuple[float, int, Counter[str]]:
    """The seconds of one run, its calls into Node.js, and the resources by type."""
    gc.collect()
    with counted() as calls:
        start = time.perf_counter()
        template = synthesized(folder, connecting)
        seconds = time.perf_counter() - start
    return seconds, len(calls), Counter(each["Type"] for each in template["Resources"].values())


def compared(name: str, folder: Path) -> None:
    """Print the times of a construct and of the same resources by hand."""
    code = layer_folder(folder / "code")
    sides: tuple[Callable[[Stack], Connect], ...] = OURS[name], lambda stack: BY_HAND[name](Wiring(stack, code))
    outputs = folder / "ours", folder / "by hand"  # as between two syntheses of one project, the output stays
    rounds = [[*map(measured, outputs, sides)] for _ in range(ROUNDS + 1)][1:]
    (_, calls, resources), (_, calls_by_hand, resources_by_hand) = rounds[0]
    if resources != resources_by_hand:
        raise SystemExit(f"{name}: other resources than by hand: {resources} and {resources_by_hand}")
    seconds, by_hand = (statistics.median(each[side][0] for each in rounds) for side in (0, 1))
    print(
        f"{name:<24}{resources.total():>10}{seconds * 1000:>8.0f}{calls:>12,}{by_hand * 1000:>12.0f}"
        f"{calls_by_hand:>12,}{seconds / by_hand:>8.2f}"
    )


def main() -> None:
    print(f"building and synthesis of {CONSUMERS} consumers and their functions, median of {ROUNDS} in turn")
    print(f"{'':<24}{'resources':>10}{'ms':>8}{'jsii calls':>12}{'ms by hand':>12}{'jsii calls':>12}{'ratio':>8}")
    for name in OURS:
        with tempfile.TemporaryDirectory() as folder:
            compared(name, Path(folder))


if __name__ == "__main__":
    main()
