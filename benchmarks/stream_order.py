"""A batch of 100 records whose 10th fails three times: what runs how often, and before its turn.

    .venv/bin/python benchmarks/stream_order.py

The same batch goes through Powertools' batch utility and through redrive. After each answer the batch is delivered
again from its checkpoint, the lowest sequence number in it, as Lambda does:
https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html. A record is overtaken when one
behind it runs while it is not done; the log of failures is left out.
"""

import logging
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.kinesis_stream_event import KinesisStreamRecord

from redrive.streams.kinesis import KinesisRecord, kinesis_handler

RECORDS = 100
BAD = 10
FAILURES = 3
Handler = Callable[[dict[str, Any], Any], Any]


class Trial:
    """The function under both libraries: it fails at one record, and keeps account."""

    def __init__(self) -> None:
        self.calls = 0
        self.deliveries = 0
        self.failures = 0
        self.done: set[int] = set()
        self.repeated = 0
        self.overtaking = 0

    def handle(self, number: int) -> None:
        self.calls += 1
        self.repeated += number in self.done
        self.overtaking += number > BAD and BAD not in self.done
        if number == BAD and self.failures < FAILURES:
            self.failures += 1
            raise ValueError(f"record {number} is not ready")
        self.done.add(number)

    def run(self, handler: Handler) -> None:
        records = [record(number) for number in range(1, RECORDS + 1)]
        while records:
            self.deliveries += 1
            answer = handler({"Records": records}, None)
            failed = [int(failure["itemIdentifier"]) for failure in answer["batchItemFailures"]]
            records = [each for each in records if failed and int(each["kinesis"]["sequenceNumber"]) >= min(failed)]
        assert len(self.done) == RECORDS


def record(number: int) -> dict[str, Any]:
    return {
        "kinesis": {"partitionKey": "7", "sequenceNumber": str(number), "data": "e30=", "kinesisSchemaVersion": "1.0"},
        "eventSource": "aws:kinesis",
        "eventID": f"shardId-000000000006:{number}",
        "eventSourceARN": "arn:aws:kinesis:us-east-1:111111111111:stream/orders",
    }


def with_powertools(trial: Trial) -> Handler:
    def handle(record: KinesisStreamRecord) -> None:
        trial.handle(int(record.kinesis.sequence_number))

    processor = BatchProcessor(EventType.KinesisDataStreams)
    return lambda event, context: process_partial_response(event, handle, processor, context)  # pyright: ignore


def with_redrive(trial: Trial) -> Handler:
    @kinesis_handler
    def handle(record: KinesisRecord[bytes]) -> None:
        trial.handle(int(record.sequence_number))

    return handle


def main() -> None:
    logging.getLogger("redrive").disabled = True
    print(f"{RECORDS} records, the {BAD}th fails {FAILURES} times")
    print(f"{'':12}{'deliveries':>12}{'calls':>8}{'of these repeated':>20}{'overtaking the failed one':>28}")
    for name, made in {"Powertools": with_powertools, "redrive": with_redrive}.items():
        trial = Trial()
        trial.run(made(trial))
        print(f"{name:12}{trial.deliveries:>12}{trial.calls:>8}{trial.repeated:>20}{trial.overtaking:>28}")


if __name__ == "__main__":
    main()
