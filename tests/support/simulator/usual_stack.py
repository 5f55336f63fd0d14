"""A stack of the usual parts, and handlers that run on it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from redrive_simulator import Simulation
from tests.support.simulator.simulations import Template, arn, function, mapping, resource, template

REGION: dict[str, Any] = {"region_name": "eu-west-1"}

Handler = Callable[[dict[str, Any], Any], Any]


def stack(**function_: Any) -> Template:
    """`Queue` with `DeadLetters` is read by `Function`, which uses `Orders`, `Lines`, `Keys` and `Bucket`."""
    both = [{"AttributeName": "order", "KeyType": "HASH"}, {"AttributeName": "line", "KeyType": "RANGE"}]
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    redrive = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 3}
    names = {name: {"Ref": name} for name in ("Queue", "Orders", "Lines", "Keys", "Bucket", "Done")}
    return template(
        Queue=resource("AWS::SQS::Queue", RedrivePolicy=redrive),
        DeadLetters=resource("AWS::SQS::Queue"),
        Done=resource("AWS::SQS::Queue"),
        Bucket=resource("AWS::S3::Bucket"),
        Orders=resource("AWS::DynamoDB::Table", KeySchema=key),
        Lines=resource("AWS::DynamoDB::Table", KeySchema=both),
        Keys=resource("AWS::DynamoDB::Table", KeySchema=key),
        Function=function(Environment={"Variables": names}, **function_),
        Mapping=mapping(arn("Queue"), BatchSize=1),
    )


def played(handler: Handler, *bodies: Any, **function_: Any) -> Simulation:
    simulation = Simulation.from_template(stack(**function_), {"Function": handler}, echo=False)
    for body in bodies:
        simulation.send("Queue", body)
    simulation.run()
    return simulation


def body_of(event: dict[str, Any]) -> Any:
    return json.loads(event["Records"][0]["body"])


def invoked(work: Callable[[], Any], **function_: Any) -> tuple[Any, float]:
    """The result of some work in a handler, and the virtual time that it takes."""
    simulation = Simulation.from_template(stack(**function_), {"Function": lambda event, context: work()}, echo=False)
    found = simulation.invoke("Function")
    assert found.function_error is None, found.payload
    return found.payload, simulation.now
