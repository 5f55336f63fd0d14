"""Draws a batch with one bad record, which Lambda halves until the record is alone, as the simulator plays it."""

from __future__ import annotations

from functools import cache
from typing import Any

from redrive_simulator import Simulation

#: Records of the batch that is drawn, unless batches are smaller, and most retries of the bad one.
MOST_RECORDS, MOST_RETRIES = 8, 2
_GOOD, _BAD = "good", "bad"


@cache
def bisected(records: int, retries: int, *, kept: bool, width: int = 900) -> str:
    """Draw as SVG what becomes of a batch.

    Args:
        records: Records of the batch.
        retries: Retries of the bad record.
        kept: Whether there is a destination on failure.
        width: Width in pixels.
    """
    simulation = Simulation.from_template(_template(records, retries, kept=kept), handlers={"Function": _handler})
    bad = records * 5 // 8
    for number in range(records):
        simulation.put("Stream", {"record": number + 1}, partition_key=_BAD if number == bad else _GOOD)
    simulation.run()
    made = simulation.timeline
    return type(made)(made.entries, made.events, f"A batch of {records} whose record {bad + 1} is bad").svg(width=width)


def _handler(event: Any, context: object) -> None:
    if any(record["kinesis"]["partitionKey"] == _BAD for record in event["Records"]):
        raise ValueError("a bad record")


def _template(records: int, retries: int, *, kept: bool) -> dict[str, Any]:
    destination = {"OnFailure": {"Destination": {"Fn::GetAtt": ["Failures", "Arn"]}}}
    resources: dict[str, tuple[str, dict[str, Any]]] = {
        "Stream": ("AWS::Kinesis::Stream", {"ShardCount": 1}),
        "Failures": ("AWS::SQS::Queue", {}),
        "Function": (
            "AWS::Lambda::Function",
            {
                "Code": {"ZipFile": "pass"},
                "Handler": "index.handler",
                "Role": "arn:aws:iam::111111111111:role/role",
                "Runtime": "python3.13",
            },
        ),
        "Mapping": (
            "AWS::Lambda::EventSourceMapping",
            {
                "EventSourceArn": {"Fn::GetAtt": ["Stream", "Arn"]},
                "FunctionName": {"Ref": "Function"},
                "StartingPosition": "TRIM_HORIZON",
                "BatchSize": records,
                "BisectBatchOnFunctionError": True,
                "MaximumRetryAttempts": retries,
                **({"DestinationConfig": destination} if kept else {}),
            },
        ),
    }
    return {"Resources": {id: {"Type": kind, "Properties": given} for id, (kind, given) in resources.items()}}
