"""A record as AWS made it, and how a simulation makes one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from redrive_simulator import Simulation
from tests.support.simulator.simulations import Template

UUID = r"~[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
MILLISECONDS = r"~\d{13}"
SEQUENCE = r"~\d{20,}"
TIME = r"~2026-01-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
SECOND = r"~2026-01-\d\dT\d\d:\d\d:\d\dZ"
FUNCTION = "arn:aws:lambda:eu-west-1:111111111111:function:Function"
QUEUE = "arn:aws:sqs:eu-west-1:111111111111:Queue"
STREAM = "arn:aws:kinesis:eu-west-1:111111111111:stream/Stream"
TABLE = "~arn:aws:dynamodb:eu-west-1:111111111111:table/Table/stream/.+"
ROLE = "~arn:aws:iam::111111111111:role/.+"


class Case(NamedTuple):
    """A record.

    Attributes:
        name: What it is of, and the test that recorded it.
        recorded: As AWS made it.
        simulated: Makes it in a simulation.
        allowed: Reasons for differences, by field.
    """

    name: str
    recorded: Mapping[str, Any]
    simulated: Callable[[], Any]
    allowed: Mapping[str, str] = {}


def heard(
    stack: Template, do: Callable[[Simulation], object], fail: Callable[[Any], bool] = lambda event: False
) -> Any:
    """The last event that a function gets when a test does something."""
    events: list[Any] = []

    def handler(event: Any, context: Any) -> None:
        events.append(event)
        if fail(event):
            raise ValueError("boom")

    simulation = Simulation.from_template(stack, {"Function": handler}, echo=False)
    do(simulation)
    simulation.run()
    return events[-1]


RECEIVED = {
    "ApproximateFirstReceiveTimestamp": MILLISECONDS,
    "ApproximateReceiveCount": "1",
    "SenderId": "~.+",
    "SentTimestamp": MILLISECONDS,
}


def context(condition: str, count: int) -> dict[str, Any]:
    requested = {"requestId": UUID, "functionArn": f"{FUNCTION}:$LATEST", "condition": condition}
    return {"version": "1.0", "timestamp": TIME, "requestContext": {**requested, "approximateInvokeCount": count}}


RAN = {"statusCode": 200, "executedVersion": "$LATEST"}


def differences(recorded: Any, simulated: Any, where: str = "") -> Iterator[str]:
    """The fields that differ, also by being missing or one too many."""
    if isinstance(recorded, Mapping) and isinstance(simulated, Mapping):
        for name in sorted({*recorded, *simulated}):
            inner = f"{where}.{name}".removeprefix(".")
            if name not in recorded or name not in simulated:
                yield inner
            else:
                yield from differences(recorded[name], simulated[name], inner)
    elif isinstance(recorded, list) and isinstance(simulated, list) and len(recorded) == len(simulated):
        for number, (one, other) in enumerate(zip(recorded, simulated, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif isinstance(recorded, str) and recorded.startswith("~"):
        if re.fullmatch(recorded[1:], str(simulated), re.DOTALL) is None:
            yield where
    elif recorded != simulated or type(recorded) is not type(simulated):
        yield where
