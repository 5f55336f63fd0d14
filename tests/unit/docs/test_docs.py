"""The examples of the README and of docs/, as they stand there."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import assertions
from botocore.exceptions import ReadTimeoutError

from redrive import (
    Attempt,
    CircuitOpen,
    FunctionError,
    InProgress,
    MemoryCircuits,
    MemoryStore,
    NotInvoked,
    OutcomeUnknown,
    PayloadMismatch,
)
from redrive.circuit.stores import stores as circuits
from redrive.idempotency.stores import stores
from tests.support.constructs.cdk import warnings_of
from tests.support.runtime.destinations.invocation_records import RETRIES_EXHAUSTED
from tests.support.runtime.durable import Execution, SuspendExecution, installed
from tests.support.runtime.invoker.fake_lambda import FakeLambda, Reply, function_error, outside, refused, result
from tests.support.runtime.sqs.queue import VirtualTime

ROOT = Path(__file__).parents[3]


def blocks(name: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(encoding="utf-8"), re.DOTALL)


STACK, HANDLER, _ = blocks("README.md")
# test_docs_first_program.py runs it in a folder of its own.
FIRST = STACK.replace("app.synth()", "").replace('outdir="cdk.out"', "").replace('"orders"', '"examples/first"')
(PARSER,) = blocks("docs/sqs.md")
(CAREFUL,) = blocks("docs/guides/handlers.md")
ASYNC_STACK, ASYNC_HANDLER, REPLAY, GUARDED = blocks("docs/asynchronous.md")
SYNC_STACK, CALLER = blocks("docs/synchronous.md")
STREAM_STACK, STREAM_HANDLER, WINDOW, LOOK = blocks("docs/streams.md")
DONE_STACK, DONE_HANDLER, DONE_FUNCTION = blocks("docs/idempotency.md")
BREAKER, GUARD, BREAKER_STACK = blocks("docs/circuit-breaker.md")
(DURABLE,) = blocks("docs/durable-functions.md")


@pytest.fixture(autouse=True)
def in_project(monkeypatch: pytest.MonkeyPatch) -> None:
    """The examples name the functions' folders."""
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY_1", '{"name": "Done", "table": "done"}')


def run(*code: str, **names: Any) -> dict[str, Any]:
    exec("".join(code), names)
    return names


def event(*bodies: str) -> dict[str, Any]:
    return {"Records": [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]}


def test_the_durable_function_retries_its_step_and_is_done_once() -> None:
    charged: list[int] = []

    def charge(order: int) -> str:
        charged.append(order)
        if len(charged) == 1:
            raise OSError("no connection")
        return "r-1"

    time, store = VirtualTime(), MemoryStore()
    with installed(), stores.replaced(lambda table: store):
        handler = run(DURABLE, charge=charge)["handler"]
        first, second = Execution(handler, time), Execution(handler, time, "two")
        assert first.invoke({"order": 7}) is SuspendExecution
        with pytest.raises(InProgress):
            second.invoke({"order": 7})
        assert first.invoke({"order": 7}) == {"receipt": "r-1"}
        assert second.invoke({"order": 7}) == {"receipt": "r-1"}
    assert charged == [7, 7]


def test_every_page_is_linked_from_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(docs/([^)/]+\.md)\)", readme)) == {page.name for page in (ROOT / "docs").glob("*.md")}


def test_the_stack_synthesizes() -> None:
    template = assertions.Template.from_stack(run(FIRST)["stack"])
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 1)
    template.resource_count_is("AWS::SQS::Queue", 2)
    template.has_resource_properties("AWS::SQS::Queue", {"VisibilityTimeout": 1200})


def test_the_handler_retries_what_it_cannot_charge() -> None:
    charged: list[tuple[int, int]] = []

    def charge(order: dict[str, Any], amount: int) -> None:
        if order["id"] == 2:
            raise RuntimeError("declined")
        charged.append((order["id"], amount))

    names = run(HANDLER)
    names["charge"] = charge
    orders = {1: ["chair", "table"], 2: ["chair"], 3: ["chair", "lamp"]}
    response = names["handler"](event(*(json.dumps({"id": id, "lines": lines}) for id, lines in orders.items())))
    # The last is permanent, and is retried here since no dead-letter queue is known.
    assert response == {"batchItemFailures": [{"itemIdentifier": "1"}, {"itemIdentifier": "2"}]}
    assert charged == [(1, 460)]


def test_the_handler_with_a_parser_takes_what_parses() -> None:
    good = json.dumps({"id": 1, "lines": []})
    assert run(PARSER)["handle_order"](event(good, "{}")) == {"batchItemFailures": [{"itemIdentifier": "1"}]}


def test_the_careful_handler_writes_no_content(caplog: pytest.LogCaptureFixture) -> None:
    assert run(CAREFUL)["careful"](event("1", "secret")) == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert "secret" not in caplog.text
    assert "ValueError" in caplog.text


def test_the_asynchronous_stack_synthesizes() -> None:
    template = assertions.Template.from_stack(run(ASYNC_STACK)["stack"])
    template.has_resource_properties(
        "AWS::Lambda::EventInvokeConfig", {"MaximumRetryAttempts": 2, "MaximumEventAgeInSeconds": 21_600}
    )
    template.resource_count_is("AWS::DynamoDB::Table", 1)


def test_the_rule_and_the_subscription_have_dead_letter_queues() -> None:
    template = assertions.Template.from_stack(run(ASYNC_STACK, GUARDED)["stack"])
    (rule,) = template.find_resources("AWS::Events::Rule").values()
    (target,) = rule["Properties"]["Targets"]
    assert target["RetryPolicy"] == {"MaximumEventAgeInSeconds": 7_200}
    (subscription,) = template.find_resources("AWS::SNS::Subscription").values()
    for configuration in (target["DeadLetterConfig"], subscription["Properties"]["RedrivePolicy"]):
        assert "GuardDeadLetterQueue" in str(configuration)


def test_the_asynchronous_handler_draws_plainer_at_each_attempt() -> None:
    drawn: list[dict[str, bool]] = []
    handler = run(ASYNC_HANDLER, draw=lambda invoice, **how: drawn.append(how))["handler"]
    for number in range(3):
        handler.function({}, Attempt(number, number == 2))
    assert drawn == [{}, {"pictures": False}, {"pictures": False, "fonts": False}]


def test_the_replay_invokes_the_function_with_its_event_again(monkeypatch: pytest.MonkeyPatch) -> None:
    invoked: list[dict[str, Any]] = []

    class Lambda:
        def invoke(self, **request: Any) -> None:
            invoked.append(request)

    monkeypatch.setattr("boto3.client", lambda service: {"lambda": Lambda()}[service])
    assert run(REPLAY)["replay"](event(json.dumps(RETRIES_EXHAUSTED))) == {"batchItemFailures": []}
    (request,) = invoked
    assert json.loads(request["Payload"]) == RETRIES_EXHAUSTED["requestPayload"]


def test_the_synchronous_stack_synthesizes() -> None:
    template = assertions.Template.from_stack(run(SYNC_STACK)["stack"])
    template.resource_count_is("AWS::Lambda::Function", 2)
    template.resource_count_is("AWS::CloudWatch::Alarm", 2)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (function_error({"errorType": "KeyError", "errorMessage": "'shells'"}), FunctionError),
        (refused("ResourceNotFoundException", 404), NotInvoked),
        (ReadTimeoutError(endpoint_url="https://lambda"), OutcomeUnknown),
    ],
)
def test_the_caller_distinguishes_errors(monkeypatch: pytest.MonkeyPatch, reply: Reply, error: type[Exception]) -> None:
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Rates", "function": "rates", "function_timeout": 3}')
    handler, aws = run(CALLER)["handler"], FakeLambda()
    aws.answers(result({"rate": 1.05}), reply)
    with outside(aws, VirtualTime()):
        assert handler({"currency": "CHF"}, None) == {"rate": 1.05}
        with pytest.raises(error):
            handler({"currency": "shells"}, None)


def kinesis_event(*contents: object, **more: Any) -> dict[str, Any]:
    arn = "arn:aws:kinesis:eu-west-1:111111111111:stream/readings"
    records = [
        {
            "eventSource": "aws:kinesis",
            "eventID": f"shardId-000000000000:{number}",
            "eventSourceARN": arn,
            "kinesis": {
                "partitionKey": "a",
                "sequenceNumber": str(number),
                "data": b64encode(json.dumps(content).encode()).decode(),
                "approximateArrivalTimestamp": 1_700_000_000.0,
            },
        }
        for number, content in enumerate(contents, start=1)
    ]
    return {"Records": records, **more}


def test_the_streams_synthesize() -> None:
    template = assertions.Template.from_stack(run(STREAM_STACK)["stack"])
    template.resource_count_is("AWS::Lambda::EventSourceMapping", 2)
    template.all_resources_properties(
        "AWS::Lambda::EventSourceMapping",
        {"BisectBatchOnFunctionError": True, "MaximumRetryAttempts": 129, "StartingPosition": "TRIM_HORIZON"},
    )


def test_the_stream_handler_stops_at_what_it_cannot_store_and_replays_what_was_set_aside() -> None:
    stored: list[int] = []

    def store(reading: dict[str, Any]) -> None:
        if reading["celsius"] == 2:
            raise RuntimeError("full")
        stored.append(reading["celsius"])

    names = run(STREAM_HANDLER, store=store)
    event = kinesis_event(*({"celsius": degrees} for degrees in (1, 2, 3)))
    assert names["handler"](event) == {"batchItemFailures": [{"itemIdentifier": "2"}]}
    assert stored == [1]

    aside = {
        "version": "redrive-1",
        "reason": "colder than anything can be",
        "errorType": "Permanent",
        "function": "readings",
        "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        "eventSourceARN": event["Records"][2]["eventSourceARN"],
        "shardId": "shardId-000000000000",
        "sequenceNumber": "3",
        "timestamp": "2026-11-21T08:00:00.123Z",
        "record": event["Records"][2],
    }
    look = run(LOOK, handler=names["handler"])["look"]
    message = {"Records": [{"messageId": "m", "body": json.dumps(aside)}]}
    assert look(message) == {"batchItemFailures": []}
    assert stored == [1, 3]


def test_the_window_is_carried_along_and_finished(capsys: pytest.CaptureFixture[str]) -> None:
    window = {
        "window": {"start": "2026-11-21T08:00:00Z", "end": "2026-11-21T08:01:00Z"},
        "shardId": "shardId-000000000000",
        "eventSourceARN": "arn:aws:kinesis:eu-west-1:111111111111:stream/readings",
        "isWindowTerminatedEarly": False,
    }
    add = run(WINDOW)["add"]
    first = kinesis_event({"celsius": 1}, {"celsius": 2}, state={}, isFinalInvokeForWindow=False, **window)
    answer = add(first)
    assert answer["state"] == {"sum": 3}
    add({"Records": [], "state": answer["state"], "isFinalInvokeForWindow": True, **window})
    assert capsys.readouterr().out == "2026-11-21 08:00:00+00:00 3\n"


def test_the_table_protects_its_consumer() -> None:
    template = assertions.Template.from_stack(run(DONE_STACK)["stack"])
    template.has_resource_properties("AWS::DynamoDB::Table", {"BillingMode": "PAY_PER_REQUEST"})
    assert [id for id in warnings_of(run(DONE_STACK)["stack"]) if "idempotency" in id] == []


def test_the_stack_with_a_circuit_breaker_synthesizes_and_pauses_its_consumer() -> None:
    stack = run(BREAKER_STACK)["stack"]
    assertions.Template.from_stack(stack).resource_count_is("Custom::RedriveResumption", 1)
    assert warnings_of(stack) == {}


def test_a_message_that_comes_twice_is_charged_once() -> None:
    charged: list[dict[str, Any]] = []
    store = MemoryStore()
    with stores.replaced(lambda table: store):
        handler = run(DONE_HANDLER, charge=charged.append)["handler"]
        for body in ('{"id": 7, "lines": []}', '{"lines": [], "id": 7}', '{"id": 8, "lines": []}'):
            assert handler(event(body)) == {"batchItemFailures": []}
    assert [order["id"] for order in charged] == [7, 8]


def test_a_function_pays_once_for_an_order() -> None:
    paid: list[int] = []

    def pay(card: str, amount: int) -> int:
        paid.append(amount)
        return len(paid)

    store = MemoryStore()
    with stores.replaced(lambda table: store):
        charge = run(DONE_FUNCTION, pay=pay, __name__="handler")["charge"]
        order = {"id": 7, "card": "4111"}
        assert charge(order, 10) == charge(order, amount=10) == {"receipt": 1}
        with pytest.raises(PayloadMismatch):
            charge(order, 11)
    assert paid == [10]


def test_the_circuit_breaker_stops_calls_and_answers_from_the_fallback() -> None:
    class Client:
        def charge(self, *order: int) -> None:
            raise TimeoutError

        price = charge

    with circuits.replaced(lambda table: {"circuits": MemoryCircuits()}[table]):
        names = run(BREAKER, client=Client(), cache={"a": 7})
        for _ in range(5):
            with pytest.raises(TimeoutError):
                names["charge"]({"id": 1, "cents": 100})
        with pytest.raises(CircuitOpen):
            names["charge"]({"id": 1, "cents": 100})
        assert names["price"]("a") == 7


def test_the_guarded_handler_says_when_to_come_again(capsys: pytest.CaptureFixture[str]) -> None:
    def find(query: str) -> list[str]:
        if query == "down":
            raise ConnectionError
        return [query]

    handler = run(GUARD, find=find)["handler"]
    assert handler({"query": "a"}, None) == {"results": ["a"]}
    for _ in range(5):
        with pytest.raises(ConnectionError):
            handler({"query": "down"}, None)
    answer = handler({"query": "a"}, None)
    assert answer["results"] == []
    assert 29 < answer["retry_after"] <= 30
    assert capsys.readouterr().out.startswith("Search opened 1 29.9")
