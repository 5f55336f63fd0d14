"""Measures the cost of handling a stream's record, beside Powertools' batch utility.

    .venv/bin/python benchmarks/stream_overhead.py

The same events and the same context go through both, in turn. The function reads the data, or the new image, and does
nothing with it; that is in the time, since each library reads it in its own way. Redrive stops at the first failure and
checks before each record whether there is time for it; Powertools' batch utility does neither.
"""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.dynamo_db_stream_event import DynamoDBRecord
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord
from support.overhead import SIZES, Context, Handler, medians

from redrive.streams.dynamodb import DynamoDBStreamRecord, dynamodb_stream_handler
from redrive.streams.kinesis import KinesisRecord, kinesis_handler

RECORDS = 200_000
STREAM = "arn:aws:kinesis:us-east-1:111111111111:stream/orders"
TABLE_STREAM = "arn:aws:dynamodb:us-east-1:111111111111:table/orders/stream/2026-11-21T08:00:00.000"
DATA = b64encode(b'{"id": 7, "lines": ["chair"]}').decode()
kinesis_processor = BatchProcessor(EventType.KinesisDataStreams)
dynamodb_processor = BatchProcessor(EventType.DynamoDBStreams)


def kinesis_record(number: int) -> dict[str, Any]:
    sequence_number = f"{49590338271490256608559692538361571095921575989136588898 + number}"
    return {
        "kinesis": {
            "kinesisSchemaVersion": "1.0",
            "partitionKey": "7",
            "sequenceNumber": sequence_number,
            "data": DATA,
            "approximateArrivalTimestamp": 1795260000.987,
        },
        "eventSource": "aws:kinesis",
        "eventVersion": "1.0",
        "eventID": f"shardId-000000000006:{sequence_number}",
        "eventName": "aws:kinesis:record",
        "invokeIdentityArn": "arn:aws:iam::111111111111:role/orders",
        "awsRegion": "us-east-1",
        "eventSourceARN": STREAM,
    }


def dynamodb_record(number: int) -> dict[str, Any]:
    return {
        "eventID": f"c4ca4238a0b923820dcc509a{number:08d}",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1795260000,
            "Keys": {"id": {"N": "7"}},
            "NewImage": {"id": {"N": "7"}, "lines": {"L": [{"S": "chair"}]}, "total": {"N": "12.5"}},
            "SequenceNumber": f"{4421584500000000017450439091 + number}",
            "SizeBytes": 26,
            "StreamViewType": "NEW_AND_OLD_IMAGES",
        },
        "eventSourceARN": TABLE_STREAM,
    }


def read_data(record: KinesisStreamRecord) -> None:
    _ = record.kinesis.data_as_bytes()


def read_image(record: DynamoDBRecord) -> None:
    assert record.dynamodb is not None
    _ = record.dynamodb.new_image


def kinesis_with_powertools(event: dict[str, Any], context: Context) -> object:
    return process_partial_response(event, read_data, kinesis_processor, context)  # pyright: ignore


def dynamodb_with_powertools(event: dict[str, Any], context: Context) -> object:
    return process_partial_response(event, read_image, dynamodb_processor, context)  # pyright: ignore


@kinesis_handler
def kinesis_with_redrive(record: KinesisRecord[bytes]) -> None:
    _ = record.data


@dynamodb_stream_handler
def dynamodb_with_redrive(record: DynamoDBStreamRecord[None]) -> None:
    _ = record.new_image


STREAMS: dict[str, tuple[Callable[[int], dict[str, Any]], dict[str, Handler]]] = {
    "Kinesis": (kinesis_record, {"Powertools": kinesis_with_powertools, "redrive": kinesis_with_redrive}),
    "DynamoDB": (dynamodb_record, {"Powertools": dynamodb_with_powertools, "redrive": dynamodb_with_redrive}),
}


def main() -> None:
    print("time per record, median, microseconds")
    print(f"{'':10}{'records in a batch':>20}{'Powertools':>12}{'redrive':>10}   beside Powertools")
    for stream, (make, handlers) in STREAMS.items():
        for size in SIZES:
            batch = {"Records": [make(number) for number in range(size)]}
            powertools, redrive = medians(batch, size, RECORDS, handlers)
            print(f"{stream:10}{size:>20,}{powertools:>12.2f}{redrive:>10.2f}   {redrive / powertools:.2f}")


if __name__ == "__main__":
    main()
