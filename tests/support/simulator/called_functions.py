"""A stack with functions that a handler calls, and a client that calls as a handler does."""

from __future__ import annotations

from typing import Any

import boto3
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.simulations import arn, function, mapping, resource, template

PARTIAL = {"FunctionResponseTypes": ["ReportBatchItemFailures"]}
FUNCTIONS = template(
    Function=function(FunctionName="orders", Tags=[{"Key": "team", "Value": "shop"}]),
    Version=resource("AWS::Lambda::Version", FunctionName={"Ref": "Function"}),
    Alias=resource(
        "AWS::Lambda::Alias",
        FunctionName={"Ref": "Function"},
        FunctionVersion={"Fn::GetAtt": ["Version", "Version"]},
        Name="live",
    ),
    OfAlias=resource(
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": "Function"},
        Qualifier="live",
        MaximumRetryAttempts=0,
        DestinationConfig={"OnFailure": {"Destination": arn("Failures")}},
    ),
    Caller=function(FunctionName="caller"),
    Off=function(FunctionName="off", ReservedConcurrentExecutions=0),
    Failures=resource("AWS::SQS::Queue"),
    Queue=resource("AWS::SQS::Queue", QueueName="queue"),
    Stream=resource("AWS::Kinesis::Stream", Name="stream", ShardCount=1),
    OfQueue=mapping(arn("Queue"), BatchSize=5, ScalingConfig={"MaximumConcurrency": 7}, **PARTIAL),
    OfStream=mapping(arn("Stream"), StartingPosition="TRIM_HORIZON", MaximumRetryAttempts=1, ParallelizationFactor=2),
)
FUNCTION_ARN = "arn:aws:lambda:eu-west-1:111111111111:function:{}"


def echo(event: Any, context: Any) -> Any:
    if event == "fail":
        raise RuntimeError("failed")
    print("hello")
    client = None if context.client_context is None else context.client_context.custom
    return [event, context.invoked_function_arn.rpartition("function:")[2], context.function_version, client]


class Client:
    """A client whose calls of `invoke` are those of a handler: others cannot wait for a function."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation
        self._client = simulation.client("lambda")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def invoke(self, **given: Any) -> Any:
        simulation, ended = self._simulation, []
        work.append(lambda: ended.append(result_of(SESSION.client("lambda").invoke, given)))
        simulation.invoke("Caller", {})
        (result,) = ended
        if isinstance(result, BaseException):
            raise result
        return result


SESSION = boto3.Session(aws_access_key_id="test", aws_secret_access_key="test", region_name="eu-west-1")
work: list[Any] = []


def result_of(call: Any, given: dict[str, Any]) -> Any:
    try:
        return call(**given)
    except (ClientError, NotSimulatedError) as error:
        return error


def made() -> Simulation:
    handlers = {"Function": echo, "Off": echo, "Caller": lambda event, context: work.pop()()}
    return Simulation.from_template(FUNCTIONS, handlers=handlers)
