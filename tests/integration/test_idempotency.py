"""A table for idempotency, deployed: what the functions do with it, and that they may do exactly that."""

from __future__ import annotations

import json
import time
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest

from redrive import FailedBefore, Idempotency, IdempotencySettings, Permanent
from redrive.aws.clients import clients
from redrive.core.system import clock
from tests.integration.conftest import Deploy, wait_until, wait_until_empty
from tests.support.constructs.environment import set_up
from tests.support.integration.idempotency_stack import deployed
from tests.support.runtime.idempotency.workers import charging, consuming, messages
from tests.support.runtime.sqs.queue import Context, returned
from tools.local_aws import LocalAws, client_of
from tools.traffic import Outgoing, log_events, send

pytestmark = pytest.mark.integration

EXPIRY = 9 * 3600


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> dict[str, str]:
    return deployed(deploy)


@pytest.fixture(scope="module")
def seen(aws: LocalAws, stack: dict[str, str]) -> dict[str, Counter[str]]:
    """Messages that say the same, at once and one after the other; how often the function tried and did each."""
    queue = stack["QueueUrl"]
    once = Outgoing(str(uuid4()))
    send(aws, queue, [once, Outgoing("twice at once"), Outgoing("twice at once"), Outgoing("fails once, sent twice")])
    wait_until_empty(aws, queue)
    send(aws, queue, [once, Outgoing("fails once, sent twice"), Outgoing("the last")])
    wait_until_empty(aws, queue)

    def counted(what: str) -> Counter[str]:
        lines = log_events(aws, stack["ConsumingName"], what)
        return Counter("once" if line[what] == once.body else line[what] for _, line in lines)

    wait_until(lambda: "the last" in counted("done"), seconds=10, what="the last message in the log")
    return {what: counted(what) for what in ("tried", "done")}


def test_a_message_that_was_sent_twice_is_handled_once(seen: dict[str, Counter[str]]) -> None:
    assert seen["done"] == dict.fromkeys(["once", "twice at once", "fails once, sent twice", "the last"], 1)


def test_a_message_that_failed_is_tried_again_and_then_not_any_more(seen: dict[str, Counter[str]]) -> None:
    assert seen["tried"] == seen["done"] + Counter(["fails once, sent twice"])


def test_what_was_done_is_remembered_for_as_long_as_the_table_says(
    aws: LocalAws, stack: dict[str, str], seen: dict[str, Counter[str]]
) -> None:
    items: list[Any] = aws.client("dynamodb").scan(TableName=stack["TableName"])["Items"]
    found = [item for item in items if item["id"]["S"].startswith(stack["ConsumingName"])]
    assert [item["status"]["S"] for item in found] == ["COMPLETED"] * len(seen["done"])
    for item in found:
        assert time.time() + EXPIRY - 120 < int(item["expiration"]["N"]) <= time.time() + EXPIRY + 1


def invoked(aws: LocalAws, stack: dict[str, str], **event: Any) -> tuple[Any, bool]:
    """Invokes a function: returns its answer, and whether that is an error."""
    reply = aws.client("lambda").invoke(FunctionName=stack["ChargingName"], Payload=json.dumps(event).encode())
    return json.loads(reply["Payload"].read()), "FunctionError" in reply


def test_a_call_that_is_made_twice_answers_the_same(aws: LocalAws, stack: dict[str, str]) -> None:
    order = str(uuid4())
    first, failed = invoked(aws, stack, order=order, amount=7)
    assert not failed
    assert first["receipt"]
    assert invoked(aws, stack, order=order, amount=7) == (first, False)
    other, _ = invoked(aws, stack, order=str(uuid4()), amount=7)
    assert other != first
    error, failed = invoked(aws, stack, order=order, amount=8)
    assert failed
    assert "was used before with another payload" in error["errorMessage"]


@pytest.fixture(scope="module")
def helper_calls() -> set[str]:
    """Imported here, since it starts a Node.js, which the processes that run other tests have no need of."""
    set_up()
    from redrive_cdk.idempotency.grants import HELPER_CALLS

    return set(HELPER_CALLS)


@pytest.mark.parametrize("name", ["Consuming", "Charging"])
def test_a_function_may_make_these_calls_on_this_table_alone(
    aws: LocalAws, stack: dict[str, str], helper_calls: set[str], name: str
) -> None:
    iam = aws.client("iam")
    role = stack[f"{name}Role"]
    statements: list[Any] = []
    for policy in iam.list_role_policies(RoleName=role)["PolicyNames"]:
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        statements += (json.loads(document) if isinstance(document, str) else document)["Statement"]
    allowed = [each for each in statements if "dynamodb:" in json.dumps(each["Action"])]
    assert len(allowed) == 1
    assert sorted(allowed[0]["Action"]) == sorted(helper_calls)
    assert allowed[0]["Resource"] == stack["TableArn"]


def test_the_helper_makes_these_calls_and_no_others(
    aws: LocalAws, stack: dict[str, str], helper_calls: set[str]
) -> None:
    """All there is to do with a table: claims, takeovers, ends, releases and look-ups, of one and of many."""
    made: set[str] = set()
    dynamodb = client_of("dynamodb", aws.endpoint)  # its own, since it is changed

    def record(params: dict[str, Any], model: Any, **_: object) -> None:
        if model.name == "BatchExecuteStatement":
            verbs = {statement["Statement"].split()[0] for statement in params["Statements"]}
            made.update(f"dynamodb:PartiQL{verb.capitalize()}" for verb in verbs)
        else:
            made.add(f"dynamodb:{model.name}")

    dynamodb.meta.events.register("before-parameter-build.dynamodb", record)
    using = Idempotency(
        settings=IdempotencySettings(table=stack["TableName"]), prefix=str(uuid4()), after_error="release"
    )
    broken: list[Exception] = []

    def effect(order: object) -> None:
        if broken:
            raise broken[0]

    charge, consumer = charging(using, effect), consuming(using, effect)

    def consume(receive_count: int = 1) -> list[str]:
        return returned(consumer(messages(30, receive_count=receive_count), Context(time.time, 10)))

    with clients.replaced(lambda service, limits: dynamodb):
        broken.append(ValueError("passes"))
        with pytest.raises(ValueError, match="passes"):
            charge("released")
        assert len(consume()) == 30
        broken[0] = Permanent("does not")
        with pytest.raises(Permanent):
            charge("failed")
        broken.clear()
        with pytest.raises(FailedBefore):
            charge("failed")
        for order in ("released", "done"):
            assert charge(order) == charge(order)
        assert consume() == consume() == consume(2) == []
        with clock.replaced(lambda: time.time() + 100_000):  # all of it has expired
            charge("done")
            assert consume() == consume(2) == []
    assert made == helper_calls
