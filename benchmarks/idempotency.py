"""Measures idempotency for a batch of messages, beside Powertools', on a stand-in for DynamoDB with 5 ms a request.

    .venv/bin/python benchmarks/idempotency.py

Both handle the same batches with a function that does nothing (or fails): the first time, again when all of it has been
done, and with every message failing. boto3 makes the requests, by a client as each of the two makes it; below that, the
stand-in answers them. CPU time is per message, and leaves out that of the stand-in.
"""

from __future__ import annotations

import io
import logging
import os
import statistics
import time
import warnings
from collections.abc import Callable
from contextlib import redirect_stdout
from itertools import count
from typing import Any

from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from support.dynamodb_stand_in import DynamoDB

from redrive.aws.clients import clients, time_limits
from redrive.idempotency.options import Idempotency
from redrive.settings.idempotency import IdempotencySettings
from redrive.sqs.handler import sqs_handler
from redrive.sqs.message import SqsMessage

SECONDS = 0.005
TIMES = 7
_made = count()
SIZES = (10, 100)
QUEUE = "arn:aws:sqs:us-east-1:111111111111:orders"
CASES = ("first delivery", "all redelivered", "all failing")

Handler = Callable[[dict[str, Any], Any], Any]


class Context:
    """Lambda's context, as far as a deadline goes."""

    function_name = "orders"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    seconds = 300

    def __init__(self) -> None:
        self._end = time.time() + self.seconds

    def get_remaining_time_in_millis(self) -> int:
        return max(0, int((self._end - time.time()) * 1000))


def batch(size: int, *, receive: int = 1) -> dict[str, Any]:
    attributes = {
        "ApproximateReceiveCount": str(receive),
        "SentTimestamp": "1795260000000",
        "SenderId": "AIDAIENQZJOLO23YVJ4VO",
        "ApproximateFirstReceiveTimestamp": "1795260000001",
    }
    return {
        "Records": [
            {
                "messageId": f"19dd0b57-b21e-4ac1-bd88-{number:012}",
                "receiptHandle": "",  # so that a failure is not followed by a call to SQS
                "body": f'{{"id": {number}, "lines": ["chair"]}}',
                "attributes": attributes,
                "messageAttributes": {},
                "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
                "eventSource": "aws:sqs",
                "eventSourceARN": QUEUE,
                "awsRegion": "us-east-1",
            }
            for number in range(size)
        ]
    }


def with_powertools(dynamodb: DynamoDB, *, fails: bool) -> Handler:
    layer = DynamoDBPersistenceLayer(table_name="idempotency")
    dynamodb.under(layer.client)
    config = IdempotencyConfig(event_key_jmespath="body")

    @idempotent_function(data_keyword_argument="record", persistence_store=layer, config=config)
    def handle(record: SQSRecord) -> None:
        if fails:
            raise ValueError("failed")

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)

    def handler(event: dict[str, Any], context: Any) -> Any:
        config.register_lambda_context(context)
        return process_partial_response(event, lambda record: handle(record=record), processor, context)  # pyright: ignore

    return handler


def with_redrive(dynamodb: DynamoDB, *, fails: bool) -> Handler:
    clients.reset()
    client = dynamodb.under(clients.get()("dynamodb", time_limits(Context().seconds)))
    clients.use(lambda service, limits: client)

    # Each one has keys of its own, as another function would.
    @sqs_handler(idempotency=Idempotency(settings=IdempotencySettings(table="idempotency"), prefix=f"{next(_made)}/"))
    def handler(message: SqsMessage[str]) -> None:
        if fails:
            raise ValueError("failed")

    return handler


def measured(make: Callable[..., Handler], case: str, size: int) -> tuple[float, float, DynamoDB]:
    """The time that a batch takes, its CPU time without that of the stand-in, and the stand-in with what it counted.

    Metrics are written to memory.
    """
    dynamodb = DynamoDB(SECONDS)
    fails = case == "all failing"
    handler = make(dynamodb, fails=fails)
    event, context = batch(size), Context()
    with redirect_stdout(io.StringIO()):
        if case == "all redelivered":
            handler(event, context)
            event = batch(size, receive=2)
        else:  # what the first request of a client costs is not what is compared
            handler({"Records": batch(size + 1)["Records"][size:]}, context)
        dynamodb.requests.clear()
        dynamodb.write_units = dynamodb.read_units = 0
        dynamodb.computing = 0.0
        began, computing = time.perf_counter(), time.process_time()
        answer = handler(event, context)
        taken = time.perf_counter() - began
        computed = time.process_time() - computing - dynamodb.computing
    assert len(answer["batchItemFailures"]) == (size if fails else 0), answer
    return taken, computed, dynamodb


def main() -> None:
    os.environ |= {"AWS_DEFAULT_REGION": "us-east-1", "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    logging.getLogger("redrive").disabled = True
    warnings.simplefilter("ignore")
    makes = {"Powertools": with_powertools, "redrive": with_redrive}
    print(f"a batch of messages under idempotency, {SECONDS * 1000:g} ms a request; median of {TIMES}")
    print(f"{'':18}{'messages':>9}{'':>3}{'Powertools':>46}{'':>2}{'redrive':>46}{'times':>10}{'CPU time':>10}")
    columns = f"{'ms':>10}{'requests':>10}{'writes':>8}{'reads':>7}{'CPU us each':>11}  "
    print(f"{'':30}" + columns * 2 + f"{'faster':>10}{'beside':>10}")
    for case in CASES:
        for size in SIZES:
            line = f"{case:18}{size:>9}   "
            medians: list[tuple[float, float]] = []
            for make in makes.values():
                runs = [measured(make, case, size) for _ in range(TIMES)]
                taken = statistics.median(each[0] for each in runs)
                computed = statistics.median(each[1] for each in runs)
                medians.append((taken, computed))
                seen = runs[-1][2]
                requests = sum(seen.requests.values())
                line += f"{taken * 1000:>10.1f}{requests:>10}{seen.write_units:>8}{seen.read_units:>7}"
                line += f"{computed / size * 1e6:>11.0f}  "
            (powertools, its_computing), (ours, our_computing) = medians
            print(line + f"{powertools / ours:>10.1f}{our_computing / its_computing:>10.2f}")
    clients.reset()


if __name__ == "__main__":
    main()
