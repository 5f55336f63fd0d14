"""Statements by the 25, those again that are refused for a while, and no longer than there is time."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive.aws.clients import TimeLimits, clients
from redrive.aws.partiql import Refused, Statement, Until, each_group, execute
from redrive.core.parallel import runner
from redrive.failures.classification import FailureClass, classify
from tests.support.runtime.idempotency.functions import Down, outside
from tests.support.runtime.sqs.queue import VirtualTime


@dataclass
class Client:
    """A client that answers each statement by what a function says."""

    answer: Callable[[str], dict[str, Any] | None] = lambda text: None
    sent: list[list[str]] = field(default_factory=list)
    raises: list[Exception] = field(default_factory=list)

    def batch_execute_statement(self, *, Statements: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803
        texts = [each["Statement"] for each in Statements]
        self.sent.append(texts)
        assert all(each["ReturnValuesOnConditionCheckFailure"] == "ALL_OLD" for each in Statements)
        if self.raises:
            raise self.raises.pop(0)
        return {"Responses": [{} if (error := self.answer(text)) is None else {"Error": error} for text in texts]}


@pytest.fixture
def client(time: VirtualTime) -> Iterator[Client]:
    client = Client()
    with outside(time), clients.replaced(lambda service, limits: client):
        yield client


def statements(count: int) -> dict[str, Statement]:
    return {f"name-{number}": Statement(f"text-{number}", [{"S": "value"}]) for number in range(count)}


@pytest.mark.parametrize(("count", "sizes"), [(0, []), (1, [1]), (25, [25]), (26, [1, 25]), (100, [25] * 4)])
def test_twenty_five_go_in_a_request(client: Client, count: int, sizes: list[int]) -> None:
    assert execute(statements(count), Until(None)) == dict.fromkeys(statements(count))
    assert sorted(map(len, client.sent)) == sizes
    assert sorted(text for texts in client.sent for text in texts) == sorted(
        each.text for each in statements(count).values()
    )


def test_an_answer_says_what_was_refused_and_what_is_there(client: Client) -> None:
    item = {"id": {"S": "a"}}
    refusal = {"Code": "ConditionalCheckFailed", "Message": "no", "Item": item}
    client.answer = lambda text: refusal if text == "text-1" else None
    assert execute(statements(2), Until(None)) == {
        "name-0": None,
        "name-1": Refused("ConditionalCheckFailed", "no", item),
    }
    assert len(client.sent) == 1  # what is refused for good is not sent again


def test_only_what_was_refused_for_a_while_is_sent_again(client: Client) -> None:
    left = {"text-1": 2}

    def answer(text: str) -> dict[str, Any] | None:
        left[text] = left.get(text, 0) - 1
        return {"Code": "ThrottlingError"} if left[text] >= 0 else None

    client.answer = answer
    assert execute(statements(3), Until(None)) == dict.fromkeys(statements(3))
    assert client.sent == [["text-0", "text-1", "text-2"], ["text-1"], ["text-1"]]


def test_a_request_that_fails_is_an_error_of_each_statement_in_it(client: Client) -> None:
    client.raises = [Down("no route")]

    def in_turn(work: Callable[[Any], None], items: Sequence[Any], timeout: float | None) -> None:
        for item in items:
            work(item)

    with runner.replaced(in_turn):
        answers = execute(statements(30), Until(None))
    failed = [name for name, answer in answers.items() if isinstance(answer, Down)]
    assert failed == [f"name-{number}" for number in range(25)]
    assert set(answers) == set(statements(30))


def test_an_answer_that_is_too_short_is_an_error_of_each(client: Client) -> None:
    class Short(Client):
        def batch_execute_statement(self, **request: Any) -> dict[str, Any]:
            return {"Responses": [{}]}

    with clients.replaced(lambda service, limits: Short()):
        assert {type(each) for each in execute(statements(2), Until(None)).values()} == {ValueError}


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("ProvisionedThroughputExceeded", FailureClass.THROTTLING),
        ("ThrottlingError", FailureClass.THROTTLING),
        ("RequestLimitExceeded", FailureClass.THROTTLING),
        ("InternalServerError", FailureClass.TRANSIENT),
        ("AccessDenied", FailureClass.OTHER),
        ("ResourceNotFound", FailureClass.OTHER),
    ],
)
def test_a_refusal_as_an_error_is_of_the_class_of_a_single_calls(code: str, failure: FailureClass) -> None:
    error = Refused(code, "was said", None).error
    assert isinstance(error, ClientError)
    assert classify(error) is failure
    assert "was said" in str(error)


def test_groups_that_are_not_answered_in_time_are_late_and_stay_so() -> None:
    go_on, answered = threading.Event(), threading.Event()

    def send(group: list[str]) -> dict[str, Any]:
        if group == ["slow"]:
            go_on.wait(10)
            answered.set()
        return dict.fromkeys(group)

    answers = each_group([["slow"], ["fast"]], send, Until(0.05))
    go_on.set()
    assert answered.wait(10)
    assert answers["fast"] is None
    assert isinstance(answers["slow"], TimeoutError)


def test_without_time_nothing_is_sent(client: Client) -> None:
    for seconds in (0.0, -1.0):
        answers = execute(statements(2), Until(seconds))
        assert {type(each) for each in answers.values()} == {TimeoutError}
    assert client.sent == []


def test_the_time_is_one_for_all_tries(client: Client, time: VirtualTime) -> None:
    client.answer = lambda text: {"Code": "ThrottlingError"}
    began = time.now
    execute(statements(1), Until(0.15))
    assert time.now - began < 0.15
    assert 1 < len(client.sent) < 6


def test_the_clients_time_limits_follow_from_the_time_there_is(time: VirtualTime) -> None:
    asked: list[TimeLimits] = []

    def factory(service: str, limits: TimeLimits) -> Any:
        assert service == "dynamodb"
        asked.append(limits)
        return Client()

    with outside(time), clients.replaced(factory):
        execute(statements(1), Until(30))
    assert [limits.read for limits in asked] == [3]
