"""Templates whose functions have settings of circuits and calls that do not fit, with similar ones that do."""

from __future__ import annotations

import json
from typing import Any

from tests.support.simulator.simulations import Template, function, resource, template

KEY: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
}
ORDER: dict[str, Any] = {
    "KeySchema": [{"AttributeName": "order", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "order", "AttributeType": "S"}],
}
TWO = {"Replicas": [{"Region": "eu-west-1"}, {"Region": "eu-west-3"}]}


def circuit(kind: str = "AWS::DynamoDB::Table", table: dict[str, Any] | None = None, **settings: Any) -> Template:
    """A function that uses a circuit, and the circuit's table."""
    text = json.dumps({"name": "payments", "table": "circuits", **settings})
    return template(
        Table=resource(kind, TableName="circuits", **{**KEY, **(table or {})}),
        Function=function(Environment={"Variables": {"REDRIVE_CIRCUIT_1": text}}),
    )


def call(*, told: int = 10, callee: int = 10, caller: int = 30) -> Template:
    """A function that calls another one, whose timeout it was told."""
    arn = "arn:aws:lambda:eu-west-1:111111111111:function:rates"
    text = json.dumps({"name": "Rates", "function": arn, "function_timeout": told})
    return template(
        Caller=function(Timeout=caller, Environment={"Variables": {"REDRIVE_INVOKER_1": text}}),
        Callee=function(FunctionName="rates", Timeout=callee),
    )


GLOBAL = "AWS::DynamoDB::GlobalTable"
#: For each rule a template that breaks it, and a similar one that passes.
HELPERS: list[tuple[str, Template, Template]] = [
    ("circuit-key-can-be-written", circuit(table=ORDER), circuit()),
    ("circuit-counts-are-counts", circuit(failure_threshold=0), circuit(failure_threshold=1)),
    ("circuit-rate-is-a-share", circuit(failure_rate=1.1), circuit(failure_rate=1)),
    ("circuit-times-last", circuit(window=0), circuit(window=1)),
    (
        "circuit-open-time-lasts",
        circuit(open_time={"base": 30, "factor": 2, "cap": 300, "jitter": "full"}),
        circuit(open_time={"base": 30, "factor": 2, "cap": 300, "jitter": "equal"}),
    ),
    (
        "circuit-a-rate-has-no-threshold",
        circuit(failure_threshold=5, failure_rate=0.5),
        circuit(failure_rate=0.5),
    ),
    ("circuit-minimum-is-of-a-rate", circuit(minimum_calls=5), circuit(minimum_calls=5, failure_rate=0.5)),
    (
        "circuit-ttl",
        circuit(table={"TimeToLiveSpecification": {"AttributeName": "expires", "Enabled": True}}),
        circuit(),
    ),
    ("circuit-replicas", circuit(GLOBAL, TWO), circuit(GLOBAL)),
    ("call-callee-timeout-is-told", call(callee=11), call()),
    ("shorter-caller", call(caller=9), call(caller=10)),
]
