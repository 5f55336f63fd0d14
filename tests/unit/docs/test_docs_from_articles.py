"""docs/migration/from-articles.md: each block of an article fails as the page says, and its counterpart does not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from aws_cdk import App, Stack, assertions
from botocore.exceptions import ReadTimeoutError

from redrive import FunctionError, MemoryStore, NotInvoked, OutcomeUnknown, Permanent
from redrive.aws.clients import clients
from redrive.idempotency.stores import stores
from redrive.testing import LambdaContext, recorded_calls, returned_ids, sqs_event
from redrive_simulator import Simulation, minutes
from tests.support.runtime.invoker.fake_lambda import FakeLambda, Reply, function_error, outside, refused
from tests.support.runtime.sqs.queue import VirtualTime
from tests.support.simulator.simulations import function, resource, sqs_stack, template
from tests.unit.docs.test_docs import ROOT, blocks, run

(
    INVOKE,
    INVOKER,
    DELAYS,
    WAITS,
    MARKS,
    CLAIMS,
    COUNTS,
    COUNTED,
    GLOBALS,
    CIRCUIT,
    TMP,
    TABLE_STACK,
    TABLE,
) = blocks("docs/migration/from-articles.md")


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Rates", "function": "rates", "function_timeout": 3}')
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY_1", '{"name": "Done", "table": "done"}')
    monkeypatch.setenv("REDRIVE_METRICS_1", '{"enabled": false}')


# Invoke with backoff.


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeLambda]:
    """The Lambda that both blocks call; nobody waits."""
    aws, time = FakeLambda(), VirtualTime()
    monkeypatch.setattr("boto3.client", lambda service: {"lambda": aws}[service])
    monkeypatch.setattr("time.sleep", time.advance)
    with outside(aws, time):
        yield aws


def test_an_article_returns_the_error_of_a_function_as_its_result(aws: FakeLambda) -> None:
    aws.answers(lambda: function_error({"errorType": "ValueError", "errorMessage": "no such currency"}))
    assert run(INVOKE)["invoke_with_backoff"]("rates", {})["errorType"] == "ValueError"
    with pytest.raises(FunctionError, match="no such currency"):
        run(INVOKER)["handler"]({"currency": "shells"}, None)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        pytest.param(ReadTimeoutError(endpoint_url="https://lambda"), OutcomeUnknown, id="no-answer"),
        pytest.param(refused("AccessDeniedException", 403), NotInvoked, id="no-permission"),
    ],
)
def test_an_article_repeats_what_may_have_run_or_cannot_succeed(
    aws: FakeLambda, reply: Reply, error: type[Exception]
) -> None:
    aws.answers(reply)
    with pytest.raises(RuntimeError, match="all attempts"):
        run(INVOKE)["invoke_with_backoff"]("rates", {})
    assert len(aws.requests) == 5
    aws.requests.clear()
    with pytest.raises(error):
        run(INVOKER)["handler"]({"currency": "CHF"}, None)
    assert len(aws.requests) == 1


# Handlers of a queue, simulated.


SQS_SETTINGS = '{"dead_letter_queue_url": "${DeadLetters}", "queue_url": "${Queue}", "max_receive_count": 16}'


def shop(handler: Callable[..., Any], receives: int = 16) -> Simulation:
    """A queue with a dead-letter queue, and what a construct writes for the helper."""
    variables = {
        "QUEUE_URL": {"Ref": "Queue"},
        "REDRIVE_METRICS_1": '{"enabled": false}',
        "REDRIVE_SQS_1": {"Fn::Sub": SQS_SETTINGS.replace("16", str(receives))},
    }
    stack = sqs_stack(receives=receives, function_={"Environment": {"Variables": variables}})
    return Simulation.from_template(stack, handlers={"Function": handler}, seed=1, echo=False)


class Bank:
    """A dependency that is down at first.

    Attributes:
        simulation: The simulation, for the time.
        outage: Seconds until it is up.
        calls: The orders that it was asked to charge.
        charged: Those that it has charged.
    """

    def __init__(self, outage: float) -> None:
        self.outage = outage
        self.calls: list[int] = []
        self.charged: list[int] = []
        self.simulation: Simulation | None = None

    def charge(self, order: dict[str, Any]) -> None:
        self.calls.append(order["id"])
        assert self.simulation is not None
        if self.simulation.now < self.outage:
            raise ConnectionError("down")
        self.charged.append(order["id"])

    def simulated(self, code: str, orders: int = 1, receives: int = 16) -> Simulation:
        """Send orders through a block's handler."""
        simulation = self.simulation = shop(run(code, process=self.charge, charge=self.charge)["handler"], receives)
        for number in range(orders):
            simulation.send("Queue", {"id": number}, attributes={"tenant": "a"})
        simulation.run()
        return simulation


def test_delays_of_an_article_lose_a_message_in_an_outage_of_six_minutes() -> None:
    article = Bank(minutes(6))
    simulation = article.simulated(DELAYS)
    assert len(article.calls) == 5
    assert article.charged == []
    assert len(simulation.queue("DeadLetters")) == 0
    assert any("giving up" in line for _, line in simulation.function("Function").log)

    redrive = Bank(minutes(6))
    assert len(redrive.simulated(WAITS).queue("DeadLetters")) == 0
    assert redrive.charged == [0]


def test_delays_of_an_article_lose_the_senders_attributes() -> None:
    seen: list[set[str]] = []

    def process(order: object) -> None:
        raise ValueError("no")

    code = DELAYS.replace("        try:\n", "        see(set(record['messageAttributes']))\n        try:\n")
    simulation = shop(run(code, process=process, see=seen.append)["handler"])
    simulation.send("Queue", {"id": 1}, attributes={"tenant": "a"})
    simulation.run()
    assert [names - {"attempt"} for names in seen] == [{"tenant"}, set(), set(), set(), set()]

    simulation = shop(run(WAITS, process=process)["handler"], receives=3)
    simulation.send("Queue", {"id": 1}, attributes={"tenant": "a"})
    simulation.run()
    (dead,) = simulation.queue("DeadLetters").messages
    assert dead.attributes is not None
    assert "tenant" in dead.attributes


@pytest.mark.parametrize(("code", "times"), [(DELAYS, 2), (WAITS, 1)], ids=["article", "redrive"])
def test_a_crash_after_the_copy_was_sent_has_both_charged(code: str, times: int) -> None:
    charged: list[int] = []
    calls: list[int] = []

    def process(order: dict[str, int]) -> None:
        calls.append(order["id"])
        if len(calls) == 1:
            raise ConnectionError("down")
        charged.append(order["id"])

    simulation = shop(run(code, process=process)["handler"])
    simulation.crash_once("Function", at_call=1, point="end")
    simulation.send("Queue", {"id": 1})
    simulation.run()
    assert charged == [1] * times


# Processed before?


class Table:
    """The article's table."""

    def __init__(self) -> None:
        self.items: set[str] = set()

    def get_item(self, Key: dict[str, str]) -> dict[str, object]:  # noqa: N803
        return {"Item": Key} if Key["id"] in self.items else {}

    def put_item(self, Item: dict[str, str]) -> None:  # noqa: N803
        self.items.add(Item["id"])


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    class Resource:
        def __init__(self, service: str) -> None: ...

        def Table(self, name: str) -> Table:  # noqa: N802
            return Table()

    monkeypatch.setattr(boto3, "resource", Resource)
    store = MemoryStore()
    with stores.replaced(lambda name: store), recorded_calls():
        yield


def overlapping(code: str) -> list[int]:
    """The orders that are charged if a message is delivered again while its first delivery is in progress."""
    charged: list[int] = []
    event = sqs_event({"id": 7})

    def process(order: dict[str, int]) -> None:
        if not charged:
            charged.append(order["id"])
            handler(event, LambdaContext())
        else:
            charged.append(order["id"])

    handler = run(code, process=process)["handler"]
    handler(event, LambdaContext())
    return charged


@pytest.mark.usefixtures("table")
def test_a_check_and_a_mark_let_two_deliveries_run() -> None:
    assert overlapping(MARKS) == [7, 7]
    assert overlapping(CLAIMS) == [7]


@pytest.mark.usefixtures("table")
def test_a_mark_before_the_work_loses_what_fails() -> None:
    work, mark = (
        '            process(json.loads(record["body"]))\n',
        '            mark_processed(record["messageId"])\n',
    )
    before = MARKS.replace(work + mark, mark + work)
    assert before != MARKS
    for code, expected in ((before, []), (CLAIMS, [7])):
        assert charged_at_second_delivery(code) == expected


def charged_at_second_delivery(code: str) -> list[int]:
    """The orders that are charged if the first delivery fails."""
    tries: list[int] = []
    charged: list[int] = []

    def process(order: dict[str, int]) -> None:
        tries.append(order["id"])
        if len(tries) == 1:
            raise ConnectionError("down")
        charged.append(order["id"])

    handler, event = run(code, process=process)["handler"], sqs_event({"id": 7})
    with suppress(ConnectionError):
        assert len(returned_ids(handler(event, LambdaContext()))) == 1
    handler(event, LambdaContext())
    return charged


# Retry metrics.


class CloudWatch:
    """A CloudWatch that throttles."""

    def put_metric_data(self, **request: object) -> None:
        raise refused("Throttling", 400, operation="PutMetricData")


def test_a_throttled_metric_of_an_article_has_a_processed_batch_delivered_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    charged: list[int] = []
    monkeypatch.setattr("boto3.client", lambda service: {"cloudwatch": CloudWatch()}[service])
    handler = run(COUNTS, process=lambda order: charged.append(order["id"]))["handler"]
    with pytest.raises(Exception, match="PutMetricData"):
        handler(sqs_event({"id": 1}), None)
    assert charged == [1]

    monkeypatch.setenv("REDRIVE_METRICS_1", "{}")
    with clients.replaced(no_client):
        handler = run(COUNTED, process=lambda order: charged.append(order["id"]))["handler"]
        assert handler(sqs_event({"id": 2}), LambdaContext()) == {"batchItemFailures": []}
    assert charged == [1, 2]


def no_client(service: str, limits: object) -> Any:
    raise AssertionError(f"{service} was called")


def test_a_throttled_metric_of_an_article_hides_the_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def process(order: object) -> None:
        raise ValueError("an order needs a line")

    monkeypatch.setattr("boto3.client", lambda service: {"cloudwatch": CloudWatch()}[service])
    with pytest.raises(Exception, match="PutMetricData"):
        run(COUNTS, process=process)["handler"](sqs_event({"id": 1}), None)
    with recorded_calls():
        run(COUNTED, process=process)["handler"](sqs_event({"id": 1}), LambdaContext())
    assert "an order needs a line" in caplog.text


# Circuit breaker.


def test_the_circuit_of_an_article_dead_letters_what_it_never_tried() -> None:
    article = Bank(minutes(10))
    simulation = article.simulated(GLOBALS, orders=20, receives=16)
    dead = {body["id"] for body in simulation.queue("DeadLetters").bodies}
    assert dead - set(article.calls) != set()

    redrive = Bank(minutes(10))
    simulation = redrive.simulated(CIRCUIT, orders=20, receives=16)
    assert simulation.queue("DeadLetters").bodies == []
    assert sorted(redrive.charged) == list(range(20))


def test_bad_data_opens_the_circuit_of_an_article() -> None:
    def charge(order: dict[str, int]) -> None:
        if order["id"] < 5:
            raise Permanent("no such currency")

    names = run(GLOBALS)
    for number in range(5):
        with pytest.raises(Permanent):
            names["protected"](charge, {"id": number})
    with pytest.raises(RuntimeError, match="open"):
        names["protected"](charge, {"id": 5})

    payments = run(CIRCUIT)["payments"]
    for number in range(5):
        with pytest.raises(Permanent):
            payments.call(charge, {"id": number})
    payments.call(charge, {"id": 5})


# Attempts counted in /tmp.


class Environments:
    """Asynchronous attempts of one event, each in an execution environment of its own."""

    def __init__(self, folder: Path, code: str) -> None:
        self.saved: list[object] = []
        self.drawn: list[dict[str, bool]] = []
        self.errors: list[Exception] = []

        def draw(event: object, **how: bool) -> None:
            self.drawn.append(how)
            raise ConnectionError("down")

        context = LambdaContext()
        for number in range(3):
            names = run(code, draw=draw, save_for_later=lambda event, error: self.saved.append(event))
            names["COUNTS"] = folder / str(number)
            names["COUNTS"].mkdir()
            try:
                names["handler"]({"invoice": 7}, context)
            except ConnectionError as error:
                self.errors.append(error)


def test_attempts_in_tmp_do_not_show_the_last_one(tmp_path: Path) -> None:
    article = Environments(tmp_path, TMP)
    assert article.saved == []
    assert len(article.errors) == 3


def test_attempts_in_a_table_show_the_last_one() -> None:
    drawn: list[bool] = []

    def draw(event: object, *, pictures: bool) -> None:
        drawn.append(pictures)
        raise ConnectionError("down")

    variable = '{"retry_attempts": 2, "counter": "dynamodb", "counter_table": "${Counts}"}'
    stack = template(
        Counts=resource(
            "AWS::DynamoDB::Table",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        ),
        Failed=resource("AWS::SQS::Queue"),
        Function=function(Environment={"Variables": {"REDRIVE_ASYNC_1": {"Fn::Sub": variable}}}),
        Configuration=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Function"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=2,
            DestinationConfig={"OnFailure": {"Destination": {"Fn::GetAtt": ["Failed", "Arn"]}}},
        ),
    )
    simulation = Simulation.from_template(stack, handlers={"Function": run(TABLE, draw=draw)["handler"]}, echo=False)
    simulation.invoke("Function", {"invoice": 7}, asynchronous=True)
    simulation.run()
    assert drawn == [True, True, False]
    assert len(simulation.queue("Failed")) == 1
    simulation.assert_nothing_lost()


def test_the_construct_makes_the_table_and_the_destination(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    stack = Stack(App(), "Shop")
    run(TABLE_STACK, stack=stack)
    made = assertions.Template.from_stack(stack)
    made.resource_count_is("AWS::DynamoDB::Table", 1)
    made.resource_count_is("AWS::SQS::Queue", 1)
