"""A stack without our constructs: what has failed is found, and is processed after the fix and a replay."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive.testing import invocation_record
from tests.integration.cli.conftest import Redrive, fix, wait_for
from tools.invocation_records import completed_record
from tools.local_aws import LocalAws
from tools.traffic import Outgoing, count, drain, log_events, send

pytestmark = pytest.mark.integration


def done(aws: LocalAws, function: str) -> list[int]:
    return [line["done"] for _, line in log_events(aws, function, "done")]


def place(found: Any, name: str) -> Any:
    return next(each for each in found["places"] if each["place"].endswith(name))


def test_messages_that_sqs_moved_are_processed_after_the_fix(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive
) -> None:
    send(aws, by_hand["OrdersQueueUrl"], [Outgoing(json.dumps({"id": number})) for number in range(12)])
    wait_for(lambda: count(aws, by_hand["OrdersDeadUrl"]) == 12, "12 dead letters")
    found = place(redrive("failures", "ByHand"), "OrdersDead")
    assert (found["count"], [each["kind"] for each in found["groups"]]) == (12, ["moved_by_sqs"])
    listed = redrive("failures", "ByHand", "--list", "--where", "payload.id == `7`")["failures"]
    shown = redrive("show", listed[0]["id"], "--logs")
    assert shown["payload"] == {"id": 7}
    assert "ByHand/OrdersDead: 12 failures" in redrive("failures", "ByHand", form="text")
    fix(aws, by_hand["OrdersFunctionName"])
    outcome = redrive("replay", "ByHand", "--where", "kind == 'moved_by_sqs' && !group", "--follow", "--yes")
    assert (outcome["replayed"], outcome["deleted"], outcome["failed_again"]) == (12, 12, 0)
    wait_for(lambda: len(done(aws, by_hand["OrdersFunctionName"])) >= 12, "12 processed")
    assert sorted(done(aws, by_hand["OrdersFunctionName"])) == list(range(12))
    assert count(aws, by_hand["OrdersDeadUrl"]) == 0


def test_groups_of_a_fifo_queue_come_back_in_their_order(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive
) -> None:
    sqs = aws.client("sqs")
    for number in range(12):
        sqs.send_message(
            QueueUrl=by_hand["LedgerQueueUrl"],
            MessageBody=json.dumps({"id": number}),
            MessageGroupId="ab"[number % 2],
            MessageDeduplicationId=str(number),
        )
    wait_for(lambda: count(aws, by_hand["LedgerDeadUrl"]) == 12, "12 dead letters", 120)
    fix(aws, by_hand["LedgerFunctionName"])
    outcome = redrive("replay", "ByHand", "--where", "kind == 'moved_by_sqs' && group", "--yes")
    assert outcome["replayed"] == 12
    wait_for(lambda: len(done(aws, by_hand["LedgerFunctionName"])) >= 12, "12 processed")
    ids = done(aws, by_hand["LedgerFunctionName"])
    for group in (0, 1):
        assert [id for id in ids if id % 2 == group] == list(range(group, 12, 2))


def complete(aws: LocalAws, url: str) -> None:
    """Make the records in a queue what Lambda writes, since the local AWS leaves members out."""
    for message in drain(aws, url):
        body = json.loads(message.get("Body", ""))
        if "Message" in body:
            body["Message"] = json.dumps(completed_record(json.loads(body["Message"])))
        else:
            body = completed_record(body)
        aws.client("sqs").send_message(QueueUrl=url, MessageBody=json.dumps(body))


@pytest.mark.parametrize(("function", "url"), [("ToQueue", "FailedUrl"), ("ToTopic", "BehindUrl")])
def test_asynchronous_events_are_invoked_again(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive, function: str, url: str
) -> None:
    """Behind a topic, the record is in a notification."""
    name = by_hand[f"{function}Name"]
    for number in range(3):
        aws.client("lambda").invoke(FunctionName=name, InvocationType="Event", Payload=json.dumps({"id": number}))
    wait_for(lambda: count(aws, by_hand[url]) == 3, "3 records")
    complete(aws, by_hand[url])
    where = by_hand[url].rpartition("/")[2]
    found = redrive("failures", where, "--list")["failures"]
    assert {each["kind"] for each in found} == {"invocation_record"}
    assert all(name in each["function"] for each in found)
    fix(aws, name)
    assert redrive("replay", where, "--yes")["replayed"] == 3
    wait_for(lambda: sorted(done(aws, name)) == [0, 1, 2], "3 processed")


def test_a_functions_dead_letters_go_to_the_function_of_the_stack(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive
) -> None:
    """The local AWS ignores DeadLetterConfig, so the message is put there as Lambda would."""
    attributes: Any = {
        "RequestID": {"DataType": "String", "StringValue": "r-1"},
        "ErrorCode": {"DataType": "Number", "StringValue": "200"},
        "ErrorMessage": {"DataType": "String", "StringValue": "not fixed yet"},
    }
    aws.client("sqs").send_message(
        QueueUrl=by_hand["DeadEventsUrl"], MessageBody='{"id": 5}', MessageAttributes=attributes
    )
    fix(aws, by_hand["MailerName"])
    outcome = redrive("replay", "ByHand", "--where", "kind == 'function_dead_letter'", "--yes")
    assert outcome["replayed"] == 1
    wait_for(lambda: done(aws, by_hand["MailerName"]) == [5], "processed")


def given_up(info: str, function: str, stream: str, shard: str, numbers: list[str]) -> dict[str, Any]:
    """The report of a batch as Lambda writes it."""
    return {
        "requestContext": {
            "requestId": "r",
            "functionArn": function,
            "condition": "RetryAttemptsExhausted",
            "approximateInvokeCount": 3,
        },
        "responseContext": {"statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled"},
        "version": "1.0",
        "timestamp": "2026-11-21T08:00:00.123Z",
        info: {
            "shardId": shard,
            "startSequenceNumber": numbers[0],
            "endSequenceNumber": numbers[-1],
            "approximateArrivalOfFirstRecord": "2026-11-21T08:00:00.123Z",
            "approximateArrivalOfLastRecord": "2026-11-21T08:00:00.123Z",
            "batchSize": len(numbers),
            "streamArn": stream,
        },
    }


def test_a_batch_of_a_tables_stream_is_read_again(aws: LocalAws, by_hand: dict[str, str], redrive: Redrive) -> None:
    dynamodb, streams = aws.client("dynamodb"), aws.client("dynamodbstreams")
    for number in range(4):
        dynamodb.put_item(TableName=by_hand["TableName"], Item={"id": {"N": str(number)}})
    arn = by_hand["TableStreamArn"]
    (shard,) = streams.describe_stream(StreamArn=arn)["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=arn, ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")[
        "ShardIterator"
    ]
    records = streams.get_records(ShardIterator=iterator)["Records"]
    numbers = [each["dynamodb"]["SequenceNumber"] for each in records[1:3]]
    functions: Any = aws.client("lambda")
    function = functions.get_function_configuration(FunctionName=by_hand["ChangesName"])["FunctionArn"]
    report = given_up("DDBStreamBatchInfo", function, arn, shard["ShardId"], numbers)
    aws.client("sqs").send_message(QueueUrl=by_hand["FailedUrl"], MessageBody=json.dumps(report))
    where = by_hand["FailedUrl"].rpartition("/")[2]
    (found,) = redrive("failures", where, "--list")["failures"]
    shown = redrive("show", found["id"], "--records")
    assert (shown["kind"], [each["dynamodb"]["SequenceNumber"] for each in shown["stream_records"]]) == (
        "stream_batch",
        numbers,
    )
    assert redrive("replay", where, "--yes", code=1)["failed_again"] == 1
    fix(aws, by_hand["ChangesName"])
    assert redrive("replay", where, "--yes")["deleted"] == 1
    wait_for(lambda: done(aws, by_hand["ChangesName"]) == [1, 2], "processed")


def test_a_server_without_a_move_task_is_named(aws: LocalAws, redrive: Redrive) -> None:
    """No local AWS has the task: tests/unit/cli/commands/test_server_side_simulated.py runs it in the simulator."""
    url = aws.client("sqs").create_queue(QueueName="without-task")["QueueUrl"]
    aws.client("sqs").send_message(QueueUrl=url, MessageBody="{}")
    redrive("replay", "without-task", "--server-side", "--yes", code=254, form="text")


def test_batches_of_a_stream_are_read_again_and_run_in_order(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive
) -> None:
    """The local AWS reports no failed batches, so the reports are written as Lambda would."""
    kinesis, s3 = aws.client("kinesis"), aws.client("s3")
    put = [
        kinesis.put_record(StreamName=by_hand["StreamName"], Data=json.dumps({"id": n}).encode(), PartitionKey="p")
        for n in range(6)
    ]
    for first, last in ((3, 5), (0, 2)):  # in the other order
        numbers = [each["SequenceNumber"] for each in put[first : last + 1]]
        report = given_up("KinesisBatchInfo", by_hand["SensorArn"], by_hand["StreamArn"], put[0]["ShardId"], numbers)
        key = f"aws/lambda/uuid/shard/{6 - first}"
        s3.put_object(Bucket=by_hand["BucketName"], Key=key, Body=json.dumps(report).encode())
    found = place(redrive("failures", "ByHand"), "ReadingsFailed/aws/lambda")
    assert found["count"] == 2
    failed = redrive("replay", "ByHand", "--where", "kind == 'stream_batch'", "--yes", code=1)
    assert (failed["failed_again"], failed["not_sent"], failed["deleted"]) == (1, 1, 0)
    fix(aws, by_hand["SensorName"])
    outcome = redrive("replay", "ByHand", "--where", "kind == 'stream_batch'", "--yes")
    assert outcome["deleted"] == 2
    wait_for(lambda: done(aws, by_hand["SensorName"]) == list(range(6)), "processed in order")


def test_an_archive_is_replayed_elsewhere(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive, tmp_path: Any
) -> None:
    record = invocation_record({"id": 1}, function=by_hand["SensorArn"])
    aws.client("sqs").send_message(QueueUrl=by_hand["FailedUrl"], MessageBody=json.dumps(record))
    where, path = by_hand["FailedUrl"].rpartition("/")[2], str(tmp_path / "a.jsonl")
    assert redrive("drop", where, "--archive", path, "--yes")["dropped"] == 1
    assert count(aws, by_hand["FailedUrl"]) == 0
    other = aws.client("sqs").create_queue(QueueName="elsewhere")["QueueUrl"]
    assert redrive("replay", path, "--to", "queue:elsewhere", "--yes")["replayed"] == 1
    assert count(aws, other) == 1


def test_counts_are_watched_and_what_is_not_understood_stays(
    aws: LocalAws, by_hand: dict[str, str], redrive: Redrive
) -> None:
    aws.client("sqs").send_message(QueueUrl=by_hand["DeadEventsUrl"], MessageBody="by hand")
    (look,) = [redrive("watch", "ByHand", "--times", "1")]
    assert {each["place"] for each in look["places"]} >= {"ByHand/OrdersDead", "ByHand/DeadEvents"}
    outcome = redrive("replay", "ByHand", "--yes")
    assert outcome["not_understood"] >= 1
    assert count(aws, by_hand["DeadEventsUrl"]) == 1
