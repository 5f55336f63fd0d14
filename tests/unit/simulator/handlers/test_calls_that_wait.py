"""While an AWS call of one handler or thread takes virtual time, the calls of others are answered."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import boto3
import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, resource, template
from tests.support.simulator.usual_stack import REGION

STACK = template(
    Waits=function(Timeout=60), Sends=function(Timeout=60), Queue=resource("AWS::SQS::Queue", QueueName="queue")
)


def sqs() -> Any:
    return boto3.client("sqs", **REGION)


def url() -> str:
    return sqs().get_queue_url(QueueName="queue")["QueueUrl"]


def polls(event: Any, context: Any) -> list[str]:
    found = sqs().receive_message(QueueUrl=url(), WaitTimeSeconds=20).get("Messages", [])
    return [message["Body"] for message in found]


def sends(event: Any, context: Any) -> None:
    sqs().send_message(QueueUrl=url(), MessageBody=f"at {time.monotonic():g}")


def starts(event: Any, context: Any) -> str:
    return boto3.client("stepfunctions", **REGION).start_execution(stateMachineArn="arn")["executionArn"]


def started(**_: Any) -> dict[str, Any]:
    time.sleep(10)
    return {"executionArn": f"at {time.monotonic():g}", "startDate": 0}


@pytest.mark.parametrize(("waits", "answer"), [(polls, ["at 5"]), (starts, "at 10")])
def test_another_function_calls_meanwhile(waits: Callable[..., Any], answer: object) -> None:
    simulation = Simulation.from_template(STACK, {"Waits": waits, "Sends": sends})
    simulation.answer("stepfunctions", "StartExecution", started)
    simulation.invoke("Sends", asynchronous=True, at=5)
    assert simulation.invoke("Waits").payload == answer
    assert [each.time + each.duration for each in simulation.timeline.of_function("Sends").attempts] == [5]


@pytest.mark.parametrize("at", [0.0, 0.25, 7.3])
def test_a_long_poll_ends_when_a_message_comes(at: float) -> None:
    simulation = Simulation.from_template(STACK, {"Waits": polls})
    simulation.send("Queue", "a", at=at)
    simulation.send("Queue", "b", at=at)
    found = simulation.invoke("Waits").payload
    assert found
    assert simulation.timeline.attempts[0].duration == at


def test_a_long_poll_ends_when_a_message_is_visible_again() -> None:
    simulation = Simulation.from_template(STACK, {"Waits": polls})
    simulation.send("Queue", "a")
    url = simulation.queue("Queue").spec.url
    simulation.client("sqs").receive_message(QueueUrl=url, VisibilityTimeout=12)
    simulation.invoke("Waits")
    assert simulation.timeline.attempts[0].duration == 12


def test_long_polls_of_many_end_one_after_the_other() -> None:
    simulation = Simulation.from_template(STACK, {"Waits": polls})
    for number in range(4):
        simulation.invoke("Waits", asynchronous=True, at=number)
        simulation.send("Queue", number, at=6 + 2 * number)
    simulation.run()
    assert sorted(each.end for each in simulation.timeline.attempts) == [6, 8, 10, 12]


def test_long_polls_of_many_without_a_message_end_each_at_its_time() -> None:
    simulation = Simulation.from_template(STACK, {"Waits": polls})
    for number in range(4):
        simulation.invoke("Waits", asynchronous=True, at=number)
    simulation.run()
    assert [each.end for each in simulation.timeline.attempts] == [20, 21, 22, 23]


def test_a_thread_polls_beside_its_handler_until_a_message_comes() -> None:
    def handler(event: Any, context: Any) -> list[Any]:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.extend([polls(event, context), time.monotonic()]))
        thread.start()
        thread.join()
        return found

    simulation = Simulation.from_template(STACK, {"Waits": handler})
    simulation.send("Queue", "a", at=3.5)
    assert simulation.invoke("Waits").payload == [["a"], 3.5]


def test_a_long_poll_without_a_message_takes_its_whole_time() -> None:
    simulation = Simulation.from_template(STACK, {"Waits": polls})
    assert simulation.invoke("Waits").payload == []
    assert simulation.timeline.attempts[0].duration == 20


def forwards(event: Any, context: Any) -> int:
    """Receives twice; what it has received it sends to where another receives."""
    sent = 0
    for _ in range(2):
        for message in sqs().receive_message(QueueUrl=url(), WaitTimeSeconds=5).get("Messages", []):
            sqs().send_message(QueueUrl=other_url(), MessageBody=message["Body"])
            sent += 1
    return sent


def other_url() -> str:
    return sqs().get_queue_url(QueueName="other")["QueueUrl"]


def polls_other(event: Any, context: Any) -> list[str]:
    found = sqs().receive_message(QueueUrl=other_url(), WaitTimeSeconds=20).get("Messages", [])
    return [message["Body"] for message in found]


def test_a_long_poll_sees_what_another_sends_between_two_of_its_own() -> None:
    stack = template(
        Waits=function(Timeout=60),
        Sends=function(Timeout=60),
        Queue=resource("AWS::SQS::Queue", QueueName="queue"),
        Other=resource("AWS::SQS::Queue", QueueName="other"),
    )
    simulation = Simulation.from_template(stack, {"Waits": polls_other, "Sends": forwards})
    simulation.invoke("Sends", asynchronous=True)
    simulation.send("Queue", "a", at=2)
    assert simulation.invoke("Waits").payload == ["a"]
    assert simulation.timeline.of_function("Waits").attempts[0].duration == 2


@pytest.mark.parametrize("in_thread", [polls, starts])
def test_the_handler_calls_while_its_thread_waits(in_thread: Callable[..., Any]) -> None:
    found: list[Any] = []

    def handler(event: Any, context: Any) -> float:
        thread = threading.Thread(target=lambda: found.append(in_thread(event, context)))
        thread.start()
        time.sleep(5)
        sends(event, context)
        sent = time.monotonic()
        thread.join()
        return sent

    simulation = Simulation.from_template(STACK, {"Waits": handler})
    simulation.answer("stepfunctions", "StartExecution", started)
    assert simulation.invoke("Waits").payload == 5
    assert found == [["at 5"] if in_thread is polls else "at 10"]
