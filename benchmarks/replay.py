"""The throughput of `redrive replay` beside receiving, sending and deleting one message at a time, and its memory.

Both use boto3's own clients, whose requests a stand-in for SQS answers in this process after 5 ms each. The single
messages are measured on fewer than 100,000, which would take half an hour.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from support.sqs_stand_in import StandIn

from redrive_cli.aws import Account, Aws
from redrive_cli.failures.queue import QueueReader
from redrive_cli.places.place import QueuePlace
from redrive_cli.replay.destination import Destination
from redrive_cli.replay.engine import Engine
from redrive_cli.replay.journal import Header, Journal
from redrive_cli.replay.plan import Plan
from redrive_cli.replay.rest import Rest
from redrive_cli.replay.tally import Tally

MESSAGES = 100_000
ONE_BY_ONE = 500
LATENCY = 0.005
ARN = "arn:aws:sqs:eu-west-1:111111111111:"
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/"


def one_by_one(number: int) -> float:
    """Messages a second, one receive, one send and one delete each."""
    with StandIn(number, LATENCY) as stand_in:
        sqs = stand_in.client()
        started = time.perf_counter()
        for _ in range(number):
            (message,) = sqs.receive_message(
                QueueUrl=f"{URL}dead", MessageAttributeNames=["All"], MessageSystemAttributeNames=["All"]
            )["Messages"]
            sqs.send_message(QueueUrl=f"{URL}orders", MessageBody=message["Body"])
            sqs.delete_message(QueueUrl=f"{URL}dead", ReceiptHandle=message["ReceiptHandle"])
        assert (stand_in.sent, stand_in.deleted) == (number, number)
        return number / (time.perf_counter() - started)


def replayed(number: int) -> float:
    """Messages a second of a replay."""
    with StandIn(number, LATENCY) as stand_in, tempfile.TemporaryDirectory() as folder:
        aws = Aws(Account(), lambda service, region, read, tries: stand_in.client())
        place = QueuePlace(name="dead", url=f"{URL}dead", arn=f"{ARN}dead")
        journal = Journal(Path(folder) / "run.jsonl", Header(run="run", places=(place.key,)))
        tally = Tally()
        engine = Engine(
            aws,
            aws,
            Plan(run="run"),
            journal,
            rest=Rest(),
            resolve=lambda found: Destination("queue", f"{URL}orders"),
            tally=tally,
        )
        started = time.perf_counter()
        engine.run(QueueReader(aws, place))
        took = time.perf_counter() - started
        journal.end("complete")
        assert (stand_in.sent, stand_in.deleted, tally.counts["deleted"]) == (number, number, number)
        return number / took


def memory() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform != "darwin" else 1024**2)


def main() -> None:
    """Prints the table."""
    single = one_by_one(ONE_BY_ONE)
    replayed(MESSAGES // 10)
    before = memory()
    several = replayed(MESSAGES)
    grown = memory() - before
    print(f"Replaying {MESSAGES:,} messages, {LATENCY * 1000:g} ms a request:")
    print(f"  one at a time       {single:>8,.0f} messages/s   (measured on {ONE_BY_ONE:,})")
    print(f"  redrive replay      {several:>8,.0f} messages/s   {several / single:.1f} x")
    print(f"  memory from 10,000 to {MESSAGES:,} messages: {grown:+.1f} MB, {memory():.0f} MB in all")
    if several < 5 * single or grown > 20:
        sys.exit("slower than 5 x, or memory grows")


if __name__ == "__main__":
    main()
