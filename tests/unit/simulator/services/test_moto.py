"""The simulated queue beside moto's, an oracle from outside, on random scripts in virtual time.

moto answers boto3's own calls, with the time from time-machine. What is compared is what both say they do: which
messages a receive brings, their receive counts, what a receive moves to the dead-letter queue, what is left in the end.

Three things are left out, since moto is no oracle for them: the order of a standard queue, which SQS does not promise;
retention, at which moto stops a receive in the middle; and groups of which several messages are in flight, whose order
moto turns round when they come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from random import Random
from typing import Any

import boto3
import pytest
import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st
from moto import mock_aws

from redrive_simulator import Parameters, Simulation
from redrive_simulator.services.queues import Queue
from tests.support.profiles import examples
from tests.support.simulator.simulations import arn, resource, template

START = Parameters().start.timestamp()
TIMEOUT = 30
NUMBERS = count()
DELAYS = (0, 0, 0, 5, 40)
# As many as one receive brings.
MOST = 10


class Ours:
    """The simulated queue."""

    def __init__(self, *, fifo: bool, receives: int | None) -> None:
        properties: dict[str, Any] = {"VisibilityTimeout": TIMEOUT}
        kind = {"FifoQueue": True} if fifo else {}
        if receives is not None:
            properties["RedrivePolicy"] = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": receives}
        self.simulation = Simulation.from_template(
            template(
                Queue=resource("AWS::SQS::Queue", **kind, **properties), DeadLetters=resource("AWS::SQS::Queue", **kind)
            )
        )
        self.queue: Queue = self.simulation.queue("Queue")

    def move_to(self, now: float) -> None:
        self.simulation.run_until(now)

    def send(self, body: str, delay: int, group: str | None) -> None:
        self.queue.send(body, group_id=group, deduplication_id=body if group else None, delay=None if group else delay)

    def receive(self, most: int) -> list[tuple[str, int, str]]:
        return [(message.body, message.receives, message.handle) for message in self.queue.receive(most)]

    def delete(self, handle: str) -> None:
        message = self.queue.find(handle)
        if message is not None:
            self.queue.delete(message, handle)

    def change(self, handle: str, timeout: int) -> bool:
        message = self.queue.find(handle)
        return message is not None and self.queue.change_visibility(message, handle, timeout) is None

    def dead(self) -> list[str]:
        return [message.body for message in self.simulation.queue("DeadLetters").messages]


class Moto:
    """moto's."""

    def __init__(self, client: Any, traveller: Any, *, fifo: bool, receives: int | None) -> None:
        self._traveller = traveller
        self._sqs = client
        queue, dead = (f"{name}-{next(NUMBERS)}" for name in ("queue", "dead"))
        end, kind = (".fifo", {"FifoQueue": "true"}) if fifo else ("", {})
        self._dead = self._sqs.create_queue(QueueName=f"{dead}{end}", Attributes=kind)["QueueUrl"]
        attributes = {"VisibilityTimeout": str(TIMEOUT), **kind}
        if receives is not None:
            target = f"arn:aws:sqs:eu-west-1:123456789012:{dead}{end}"
            attributes["RedrivePolicy"] = f'{{"deadLetterTargetArn": "{target}", "maxReceiveCount": {receives}}}'
        self._url = self._sqs.create_queue(QueueName=f"{queue}{end}", Attributes=attributes)["QueueUrl"]

    def move_to(self, now: float) -> None:
        self._traveller.move_to(START + now)

    def send(self, body: str, delay: int, group: str | None) -> None:
        more = {"MessageGroupId": group, "MessageDeduplicationId": body} if group else {"DelaySeconds": delay}
        self._sqs.send_message(QueueUrl=self._url, MessageBody=body, **more)

    def receive(self, most: int) -> list[tuple[str, int, str]]:
        return self._receive(self._url, most)

    def _receive(self, url: str, most: int) -> list[tuple[str, int, str]]:
        reply = self._sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=most, AttributeNames=["All"], WaitTimeSeconds=0
        )
        return [
            (each["Body"], int(each["Attributes"]["ApproximateReceiveCount"]), each["ReceiptHandle"])
            for each in reply.get("Messages", ())
        ]

    def delete(self, handle: str) -> None:
        self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=handle)

    def change(self, handle: str, timeout: int) -> bool:
        try:
            self._sqs.change_message_visibility(QueueUrl=self._url, ReceiptHandle=handle, VisibilityTimeout=timeout)
        except self._sqs.exceptions.ClientError:
            return False
        return True

    def dead(self) -> list[str]:
        found: list[str] = []
        while received := self._receive(self._dead, 10):
            found += [body for body, _, _ in received]
        return found


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """One for all scripts, each of which has queues of its own: it takes longer to make than a script to run."""
    with mock_aws():
        yield boto3.client("sqs", region_name="eu-west-1", aws_access_key_id="test", aws_secret_access_key="test")


def play(client: Any, number: int, *, fifo: bool) -> None:
    """Run a script on both, and compare them at each step."""
    random = Random(number)
    options: dict[str, Any] = {"fifo": fifo, "receives": random.choice((None, 1, 2, 3))}
    with time_machine.travel(START, tick=False) as traveller:
        ours, theirs = Ours(**options), Moto(client, traveller, **options)
        now = 0.0
        sent = 0
        in_flight: list[tuple[float, str, str]] = []
        for _ in range(random.randint(5, 25)):
            now += random.uniform(0.5, 45)  # so that no two things are at one instant
            theirs.move_to(now)
            ours.move_to(now)
            in_flight = [each for each in in_flight if each[0] > now]  # of the others, each queue may say what it likes
            match random.choice(("send", "send", "receive", "receive", "delete", "change")):
                case "send" if sent < MOST or fifo:
                    group = random.choice("ab") if fifo else None
                    delay = random.choice(DELAYS)
                    ours.send(str(sent), delay, group)
                    theirs.send(str(sent), delay, group)
                    sent += 1
                case "receive":
                    most = 1 if fifo else MOST
                    one, other = sorted(ours.receive(most)), sorted(theirs.receive(most))
                    said = f"script {number} at {now}: {one} and {other}"
                    assert [each[:2] for each in one] == [each[:2] for each in other], said
                    in_flight += [(now + TIMEOUT, mine[2], other[2]) for mine, other in zip(one, other, strict=True)]
                case "delete" if in_flight:
                    _, mine, other = in_flight.pop(random.randrange(len(in_flight)))
                    ours.delete(mine)
                    theirs.delete(other)
                case "change" if in_flight:
                    position = random.randrange(len(in_flight))
                    _, mine, other = in_flight[position]
                    timeout = random.choice((0, 5, 100))
                    assert ours.change(mine, timeout) == theirs.change(other, timeout)
                    in_flight[position] = (now + timeout, mine, other)
                case _:
                    pass
        assert sorted(ours.dead()) == sorted(theirs.dead()), f"script {number}: the dead letters differ"


@pytest.mark.parametrize("part", range(10))
def test_a_standard_queue_does_what_moto_s_does(client: Any, part: int) -> None:
    for number in range(part, 60, 10):
        play(client, number, fifo=False)


@settings(max_examples=examples(10))
@given(st.integers(min_value=60))
def test_a_standard_queue_does_what_moto_s_does_on_any_script(client: Any, number: int) -> None:
    play(client, number, fifo=False)


@pytest.mark.parametrize("part", range(10))
def test_a_fifo_queue_does_what_moto_s_does(client: Any, part: int) -> None:
    for number in range(part, 30, 10):
        play(client, number, fifo=True)
