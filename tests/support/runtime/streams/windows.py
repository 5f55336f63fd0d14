"""An event of a tumbling window, and functions that take one."""

from __future__ import annotations

from typing import Any

from redrive.streams.window import TumblingWindow

# https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html, with the records of the same page
DOCUMENTED: dict[str, Any] = {
    "Records": [
        {
            "kinesis": {
                "kinesisSchemaVersion": "1.0",
                "partitionKey": "1",
                "sequenceNumber": "49590338271490256608559692538361571095921575989136588898",
                "data": "SGVsbG8sIHRoaXMgaXMgYSB0ZXN0Lg==",
                "approximateArrivalTimestamp": 1607497475.000,
            },
            "eventSource": "aws:kinesis",
            "eventVersion": "1.0",
            "eventID": "shardId-000000000006:49590338271490256608559692538361571095921575989136588898",
            "eventName": "aws:kinesis:record",
            "invokeIdentityArn": "arn:aws:iam::123456789012:role/lambda-kinesis-role",
            "awsRegion": "us-east-1",
            "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/lambda-stream",
        }
    ],
    "window": {"start": "2020-12-09T07:04:00Z", "end": "2020-12-09T07:06:00Z"},
    "state": {"1": 282, "2": 715},
    "shardId": "shardId-000000000006",
    "eventSourceARN": "arn:aws:kinesis:us-east-1:123456789012:stream/lambda-stream",
    "isFinalInvokeForWindow": False,
    "isWindowTerminatedEarly": False,
}


def count(record: Any, window: TumblingWindow) -> None:
    key = record.partition_key
    window.state[key] = window.state.get(key, 0) + 1


def ignore(window: TumblingWindow) -> None:
    pass
