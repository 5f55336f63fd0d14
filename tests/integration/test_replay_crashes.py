"""A replay killed at any step, with faults on the way: none of hundreds of messages is lost or sent twice."""

from __future__ import annotations

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from redrive_cli.replay.engine import THREADS
from redrive_cli.replay.journal import all_in_doubt
from tests.support import profiles
from tools import forks
from tools.fault_proxy import FaultProxy, Rule
from tools.local_aws import LocalAws
from tools.traffic import drain

pytestmark = [pytest.mark.integration, pytest.mark.soak]
MESSAGES = profiles.either(300, 1_000)
FOR_FAULTS = profiles.either(60, 300)
STEPS = profiles.either([1, 20], [1, 2, 5, 10, 20, 40, 80, 150, 250])


@pytest.fixture
def messages() -> int:
    """The number of messages in the queues."""
    return MESSAGES


@pytest.fixture
def queues(aws: LocalAws, request: pytest.FixtureRequest, messages: int) -> Iterator[tuple[str, str]]:
    """A queue and its dead-letter queue, with messages that SQS moved there; nothing consumes them."""
    sqs: Any = aws.client("sqs")
    name = f"crash-{abs(hash(request.node.name)) % 10**8}"
    dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    source = sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"})[
        "QueueUrl"
    ]
    for start in range(0, messages, 10):
        entries = [{"Id": str(n), "MessageBody": json.dumps({"n": start + n})} for n in range(10)]
        sqs.send_message_batch(QueueUrl=source, Entries=entries)
    end = time.monotonic() + 60
    while _count(sqs, dead) < messages and time.monotonic() < end:
        sqs.receive_message(QueueUrl=source, MaxNumberOfMessages=10, VisibilityTimeout=0)
    assert _count(sqs, dead) == messages
    yield source, dead
    for url in (source, dead):
        sqs.delete_queue(QueueUrl=url)


def _count(sqs: Any, url: str, kind: str = "") -> int:
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    return int(found[f"ApproximateNumberOfMessages{kind}"])


def start(aws: LocalAws, dead: str, state: Path, *options: str, endpoint: str | None = None) -> forks.Process:
    command = ["-m", "redrive_cli", "replay", dead.rpartition("/")[2], "--yes", "--output", "json", *options]
    command += ["--endpoint-url", endpoint] if endpoint else []
    return forks.start(*command, env=aws.environment() | {"REDRIVE_STATE": str(state)})


def steps(state: Path) -> int:
    return sum(path.read_text(errors="replace").count("\n") for path in state.glob("*.jsonl"))


@pytest.mark.parametrize("at", STEPS)
def test_killed_and_continued(aws: LocalAws, queues: tuple[str, str], tmp_path: Path, at: int) -> None:
    """Killed once the journal has some lines; nothing is there twice before a person asks for what is in doubt."""
    source, dead = queues
    process = start(aws, dead, tmp_path)
    end = time.monotonic() + 60
    while process.poll() is None and steps(tmp_path) < at and time.monotonic() < end:
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    in_doubt = all_in_doubt(tmp_path)
    assert len(in_doubt) <= 10 * THREADS
    _finish(aws, dead, tmp_path, left=len(in_doubt))
    first = Counter(json.loads(message.get("Body", ""))["n"] for message in drain(aws, source))
    assert max(first.values()) == 1, "sent twice"
    assert len(first) >= MESSAGES - len(in_doubt)
    _finish(aws, dead, tmp_path, "--in-doubt")
    again = Counter(json.loads(message.get("Body", ""))["n"] for message in drain(aws, source))
    assert set(first) | set(again) == set(range(MESSAGES)), "lost"
    assert sum(again.values()) == len(in_doubt)


def _finish(aws: LocalAws, dead: str, state: Path, *options: str, endpoint: str | None = None, left: int = 0) -> None:
    """Run it again until so many are left: what a killed process had in hand comes back after a while."""
    end = time.monotonic() + 150
    sqs: Any = aws.client("sqs")
    while time.monotonic() < end:
        process = start(aws, dead, state, *options, endpoint=endpoint)
        _, errors = process.communicate(timeout=120)
        # 2: a receive whose reply was lost hides its messages for a while.
        assert process.returncode in (0, 1, 2, 254), errors
        while (in_flight := _count(sqs, dead, "NotVisible")) and time.monotonic() < end:
            time.sleep(0.2)
        if in_flight + _count(sqs, dead) <= left:
            return
    pytest.fail("messages are left")


FAULTS: dict[str, Rule] = {
    "throttled": {"error": {"code": "RequestThrottled", "status": 400}},
    "unavailable": {"error": {"code": "ServiceUnavailable", "status": 503}},
    "lost reply": {"response": {"abort_frac": 0.0}},
}


EVERY_FAULT = list(product(FAULTS, ["ReceiveMessage", "SendMessageBatch", "DeleteMessageBatch"]))
# Messages that were surely not sent, that may have been sent, and that were deleted although nobody heard of it.
MOST_DIFFERENT = [
    ("throttled", "SendMessageBatch"),
    ("lost reply", "SendMessageBatch"),
    ("lost reply", "DeleteMessageBatch"),
    ("unavailable", "ReceiveMessage"),
]


@pytest.mark.parametrize("messages", [FOR_FAULTS])
@pytest.mark.parametrize(("fault", "operation"), profiles.either(MOST_DIFFERENT, EVERY_FAULT))
def test_faults_at_each_call(
    aws: LocalAws, queues: tuple[str, str], tmp_path: Path, operation: str, fault: str, messages: int
) -> None:
    """Each call fails some times; calls are repeated, and nothing is lost or sent twice."""
    source, dead = queues
    with FaultProxy(upstream=aws.endpoint) as proxy:
        proxy.inject({"service": "sqs", "operation": operation, "times": 5, **FAULTS[fault]})
        start(aws, dead, tmp_path, endpoint=proxy.endpoint).communicate(timeout=120)
        in_doubt = all_in_doubt(tmp_path)
        assert len(in_doubt) <= (10 * 5 if operation == "SendMessageBatch" and fault != "throttled" else 0)
        _finish(aws, dead, tmp_path, endpoint=proxy.endpoint, left=len(in_doubt))
        assert proxy.fired()
    first = Counter(json.loads(message.get("Body", ""))["n"] for message in drain(aws, source))
    assert max(first.values()) == 1, "sent twice"
    _finish(aws, dead, tmp_path, "--in-doubt")
    again = Counter(json.loads(message.get("Body", ""))["n"] for message in drain(aws, source))
    assert set(first) | set(again) == set(range(messages)), "lost"
    assert sum(again.values()) == len(in_doubt)
