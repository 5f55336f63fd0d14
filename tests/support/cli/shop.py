"""A deployed stack without any of our constructs, and a failure of each kind in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from redrive.testing.failure_records import invocation_record
from redrive_cli.app import main
from tests.support.cli.functions import ARN
from tests.support.cli.world import World
from tests.support.runtime.destinations import stream_failures as streams
from tests.support.simulator.simulations import arn, function, resource, template

QUEUES = "arn:aws:sqs:eu-west-1:111111111111:"
HOST = "https://sqs.eu-west-1.amazonaws.com/111111111111/"
STREAM = "arn:aws:kinesis:eu-west-1:111111111111:stream/readings"


def text(value: str) -> dict[str, Any]:
    return {"DataType": "String", "StringValue": value}


def why(reason: str = "no lines", error: str = "Permanent", id: str = "first-1", **more: str) -> dict[str, Any]:
    """The attributes that the helper gives to a dead letter."""
    return {
        "RedriveMessageId": text(id),
        "RedriveReason": text(reason),
        "RedriveErrorType": text(error),
        "RedriveRequestId": text("request-1"),
        "RedriveFunction": text("orders-function"),
        **{name: text(value) for name, value in more.items()},
    }


def _queue(dead_letters: str, **more: Any) -> dict[str, Any]:
    policy = {"deadLetterTargetArn": arn(dead_letters), "maxReceiveCount": 3}
    return resource("AWS::SQS::Queue", RedrivePolicy=policy, **more)


TEMPLATE = template(
    Orders=_queue("OrdersDead"),
    OrdersDead=resource("AWS::SQS::Queue"),
    Ledger=_queue("LedgerDead", FifoQueue=True),
    LedgerDead=resource("AWS::SQS::Queue", FifoQueue=True),
    OrdersFunction=function(),
    LedgerFunction=function(),
    Invoices=function(),
    InvoicesConfig=resource(
        "AWS::Lambda::EventInvokeConfig",
        FunctionName={"Ref": "Invoices"},
        Qualifier="$LATEST",
        DestinationConfig={"OnFailure": {"Destination": arn("InvoicesFailed")}},
    ),
    InvoicesFailed=resource("AWS::SQS::Queue"),
    Mailer=function(DeadLetterConfig={"TargetArn": arn("MailerDead")}),
    MailerDead=resource("AWS::SQS::Queue"),
    Readings=function(),
    ReadingsMapping=resource(
        "AWS::Lambda::EventSourceMapping",
        EventSourceArn=STREAM,
        FunctionName={"Ref": "Readings"},
        StartingPosition="TRIM_HORIZON",
        DestinationConfig={"OnFailure": {"Destination": arn("ReadingsFailed")}},
    ),
    ReadingsFailed=resource("AWS::S3::Bucket"),
)
NAMES = {
    "Orders": "orders",
    "OrdersDead": "orders-dlq",
    "Ledger": "ledger.fifo",
    "LedgerDead": "ledger-dlq.fifo",
    "InvoicesFailed": "invoices-failed",
    "MailerDead": "mailer-dlq",
}
FUNCTIONS = {
    "OrdersFunction": "orders-function",
    "LedgerFunction": "ledger-function",
    "Invoices": "invoices",
    "Mailer": "mailer",
    "Readings": "readings",
}


def shop() -> World:
    """The stack `Shop`, deployed, without failures."""
    world = World()
    dead = {"orders": "orders-dlq", "ledger.fifo": "ledger-dlq.fifo"}
    for name in NAMES.values():
        world.sqs.create(name, dead.get(name))
    for name in FUNCTIONS.values():
        world.functions.create(name)
    world.functions.map(QUEUES + "orders", "orders-function")
    world.functions.map(QUEUES + "ledger.fifo", "ledger-function")
    world.functions.map(STREAM, "readings")
    kept = {"OnFailure": {"Destination": "arn:aws:s3:::readings-failed"}}
    world.functions.mappings[2] |= {"StartingPosition": "TRIM_HORIZON", "DestinationConfig": kept}
    destination = {"OnFailure": {"Destination": QUEUES + "invoices-failed"}}
    world.functions.configurations.append({"FunctionArn": f"{ARN}invoices:$LATEST", "DestinationConfig": destination})
    world.functions.settings["mailer"] = {"DeadLetterConfig": {"TargetArn": QUEUES + "mailer-dlq"}}
    world.s3.buckets["readings-failed"] = {}
    physical = {id: HOST + name for id, name in NAMES.items()} | FUNCTIONS
    physical |= {"InvoicesConfig": "config-1", "ReadingsMapping": world.functions.mappings[2]["UUID"]}
    physical |= {"ReadingsFailed": "readings-failed"}
    world.cloudformation.create("Shop", TEMPLATE, physical)
    return world


def moved(world: World, body: Any = None, queue: str = "orders", **more: Any) -> str:
    """Put a message where SQS would have moved it; its id is returned."""
    name = {"orders": "orders-dlq", "ledger.fifo": "ledger-dlq.fifo"}[queue]
    body = {"id": 7, "total": 120} if body is None else body
    sent = body if isinstance(body, str) else json.dumps(body)
    return world.sqs.put(name, sent, moved_from=queue, **more).id


def kinesis_failure(first: int, last: int, shard: str = "shardId-000000000000", **more: Any) -> dict[str, Any]:
    """The record of a batch of the stream, kept with its records."""
    event = {
        "Records": [
            {
                "kinesis": {
                    "partitionKey": "p",
                    "sequenceNumber": str(number),
                    "data": "e30=",
                    "approximateArrivalTimestamp": 1.0,
                },
                "eventSource": "aws:kinesis",
                "eventID": f"{shard}:{number}",
                "eventSourceARN": STREAM,
            }
            for number in range(first, last + 1)
        ]
    }
    record = streams.failure(first, last, last - first + 1)
    record["KinesisBatchInfo"] |= {"streamArn": STREAM, "shardId": shard}
    record["requestContext"] = {**record["requestContext"], "functionArn": ARN + "readings"}
    return {**record, "payload": json.dumps(event), **more}


def every_kind(world: World) -> dict[str, str]:
    """Put a failure of each kind into the stack; the ids by kind."""
    put = world.sqs.put
    record = json.dumps(invocation_record({"id": 1}, function=f"{ARN}invoices:live"))
    attributes = {
        "RequestID": text("mailer-request"),
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": text("boom"),
    }
    batch = {**streams.KINESIS}
    world.s3.buckets["readings-failed"]["aws/lambda/uuid/shard/kept"] = json.dumps(kinesis_failure(1, 3)).encode()
    aside = json.dumps(streams.KINESIS_SET_ASIDE).encode()
    world.s3.buckets["readings-failed"]["aws/lambda/uuid/shard/aside"] = aside
    return {
        "moved_by_sqs": f"orders-dlq/{moved(world)}",
        "sent_by_helper": f"orders-dlq/{put('orders-dlq', json.dumps({'id': 8}), why()).id}",
        "invocation_record": f"invoices-failed/{put('invoices-failed', record).id}",
        "function_dead_letter": f"mailer-dlq/{put('mailer-dlq', json.dumps({'to': 'a'}), attributes).id}",
        "stream_batch": f"invoices-failed/{put('invoices-failed', json.dumps(batch)).id}",
        "stream_payload": "s3://readings-failed/aws/lambda/uuid/shard/kept",
        "record_set_aside": "s3://readings-failed/aws/lambda/uuid/shard/aside",
        "not_understood": f"orders-dlq/{put('orders-dlq', 'by hand').id}",
    }


@contextmanager
def used(world: World, state: Path) -> Iterator[None]:
    """Let commands call a world, and keep their journals in a folder."""
    import os
    from unittest.mock import patch

    with world.installed(), patch.dict(os.environ, {"REDRIVE_STATE": str(state)}):
        yield


def run(*arguments: str, typed: str | None = None) -> Result:
    """Run the command line."""
    return CliRunner().invoke(main, list(arguments), input=typed)


def run_json(*arguments: str) -> Any:
    """Run a command that succeeds, and read the JSON that it writes."""
    result = run(*arguments, "--output", "json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)
