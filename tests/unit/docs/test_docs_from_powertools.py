"""The claims of docs/migration/from-powertools.md, with Powertools as it is installed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import aws_lambda_powertools
import boto3
import pytest
from aws_cdk import assertions
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    SqsFifoPartialProcessor,
    process_partial_response,
)
from aws_lambda_powertools.utilities.batch.exceptions import BatchProcessingError
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError

from redrive import Idempotency, MemoryStore, MissingKey, idempotent, kinesis_handler, sqs_handler
from redrive.aws.clients import clients
from redrive.idempotency.dynamodb_items import ATTRIBUTES
from redrive.testing import LambdaContext, kinesis_event, returned_ids, sqs_event
from redrive_simulator import Simulation
from tests.support.runtime.aws.shared_dynamodb import SharedDynamoDB
from tests.support.simulator.simulations import sqs_stack
from tests.unit.docs.test_docs import ROOT, blocks, run

PAGE = "docs/migration/from-powertools.md"
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
BEFORE, STACK, AFTER = blocks(PAGE)


@pytest.fixture(autouse=True)
def in_lambda(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "orders")
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY_1", '{"name": "Done", "table": "done", "expiry": 86400}')
    monkeypatch.setenv("REDRIVE_METRICS_1", '{"enabled": false}')


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Iterator[SharedDynamoDB]:
    """The table in the hands of both."""
    table = SharedDynamoDB()

    def made(*arguments: object, **options: object) -> Any:
        return table

    monkeypatch.setattr(boto3.session.Session, "client", made)
    with clients.replaced(made):
        yield table


class Bank:
    """A bank that keeps the orders that were paid."""

    def __init__(self) -> None:
        self.paid: list[int] = []
        self.during: Callable[[], object] = lambda: None

    def pay(self, order: dict[str, Any]) -> dict[str, int]:
        self.during()
        self.paid.append(order["id"])
        return {"receipt": order["id"]}


@pytest.fixture
def bank() -> Bank:
    return Bank()


def handlers(bank: Bank) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """The page's function before and after, in modules of one name."""
    before, after = (run(code, pay=bank.pay, __name__="handler")["handler"] for code in (BEFORE, AFTER))
    return before, after


# Idempotency.


@pytest.mark.parametrize("order", ["powertools-first", "redrive-first"])
def test_both_know_what_the_other_has_done(table: SharedDynamoDB, bank: Bank, order: str) -> None:
    first, second = handlers(bank) if order == "powertools-first" else handlers(bank)[::-1]
    assert first(sqs_event({"id": 7}), LambdaContext()) == {"batchItemFailures": []}
    assert second(sqs_event({"id": 7, "more": 1}, {"id": 8}), LambdaContext()) == {"batchItemFailures": []}
    assert first(sqs_event({"id": 8}), LambdaContext()) == {"batchItemFailures": []}
    assert bank.paid == [7, 8]
    assert {key.partition("#")[0] for key in table.items} == {"orders.handler.charge"}


@pytest.mark.parametrize("order", ["powertools-first", "redrive-first"])
def test_both_respect_what_the_other_is_doing(table: SharedDynamoDB, bank: Bank, order: str) -> None:
    first, second = handlers(bank) if order == "powertools-first" else handlers(bank)[::-1]
    refused: list[object] = []

    def meanwhile() -> None:
        bank.during = lambda: None
        # A batch of Powertools that fails as a whole raises.
        try:
            refused.extend(returned_ids(second(sqs_event({"id": 7}), LambdaContext())))
        except BatchProcessingError as error:
            refused.append(error)

    bank.during = meanwhile
    assert first(sqs_event({"id": 7}), LambdaContext()) == {"batchItemFailures": []}
    assert len(refused) == 1
    assert bank.paid == [7]


def test_without_the_option_the_key_is_another_one(table: SharedDynamoDB, bank: Bank) -> None:
    before, _ = handlers(bank)
    after = run(AFTER.replace(", like_powertools=True", ""), pay=bank.pay, __name__="handler")["handler"]
    before(sqs_event({"id": 7}), LambdaContext())
    after(sqs_event({"id": 7}), LambdaContext())
    assert bank.paid == [7, 7]


def test_a_prefix_finds_what_was_done_under_another_name(
    table: SharedDynamoDB, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, _ = handlers(bank)
    renamed = AFTER.replace('key="id"', 'key="id", prefix="orders.handler.charge"')
    after = run(renamed, pay=bank.pay, __name__="another")["handler"]
    before(sqs_event({"id": 7}), LambdaContext())
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "renamed")
    after(sqs_event({"id": 7}), LambdaContext())
    assert bank.paid == [7]


def test_a_call_without_a_key_runs_in_powertools_and_fails_here(table: SharedDynamoDB, bank: Bank) -> None:
    config = IdempotencyConfig(event_key_jmespath="id")
    store = DynamoDBPersistenceLayer("done")

    def charge(order: dict[str, Any]) -> None:
        bank.paid.append(0)

    decorate: Any = idempotent_function
    theirs = decorate(charge, data_keyword_argument="order", persistence_store=store, config=config)
    with pytest.warns(UserWarning, match="No idempotency key value found"):
        theirs(order={})
    assert bank.paid == [0]
    with pytest.raises(MissingKey):
        idempotent(key="id", store=MemoryStore(), like_powertools=True)(charge)({})
    assert bank.paid == [0]
    idempotent(key="id", missing_key="run", store=MemoryStore(), like_powertools=True)(charge)({})
    assert bank.paid == [0, 0]


def test_a_dead_call_without_a_registered_context_locks_its_key_in_powertools(table: SharedDynamoDB) -> None:
    decorate: Any = idempotent_function
    config = IdempotencyConfig(event_key_jmespath="id")

    def dies(order: dict[str, Any]) -> None:
        raise SystemExit

    charge = decorate(
        dies, data_keyword_argument="order", persistence_store=DynamoDBPersistenceLayer("done"), config=config
    )
    with pytest.warns(UserWarning, match="remaining time"), pytest.raises(SystemExit):
        charge(order={"id": 7})
    (item,) = table.items.values()
    assert "in_progress_expiration" not in item
    item["expiration"] = {"N": str(int(item["expiration"]["N"]) - 3_590)}  # an hour less ten seconds later
    with pytest.warns(UserWarning, match="remaining time"), pytest.raises(IdempotencyAlreadyInProgressError):
        charge(order={"id": 7})


# Batches.


def powertools(record_handler: Callable[[Any], object], processor: Any) -> Callable[[Any, Any], Any]:
    """A handler as Powertools' pages write it."""

    def handler(event: Any, context: Any) -> Any:
        return process_partial_response(
            event=event, record_handler=record_handler, processor=processor, context=context
        )

    return handler


def fails(record: object) -> None:
    raise ValueError("no")


def test_a_batch_that_fails_as_a_whole_raises_in_powertools_only() -> None:
    with pytest.raises(BatchProcessingError):
        powertools(fails, BatchProcessor(EventType.SQS))(sqs_event("a", "b"), None)
    assert len(returned_ids(sqs_handler(fails)(sqs_event("a", "b"), None))) == 2


def test_powertools_runs_records_behind_a_failed_one_of_a_stream() -> None:
    ran: list[int] = []

    def store(number: int) -> None:
        ran.append(number)
        if number == 1:
            raise ValueError("no")

    event = kinesis_event(0, 1, 2)
    processor = BatchProcessor(EventType.KinesisDataStreams)
    theirs = powertools(lambda record: store(record.kinesis.data_as_json()), processor)
    theirs(event, None)
    assert ran == [0, 1, 2]
    ran.clear()
    kinesis_handler(lambda record: store(record.json()))(event, None)
    assert ran == [0, 1]


def fifo(handler: Callable[..., Any]) -> Simulation:
    """A group whose first message always fails, and another group."""
    settings = {"Fn::Sub": '{"dead_letter_queue_url": "${DeadLetters}", "max_receive_count": 3}'}
    stack = sqs_stack(fifo=True, function_={"Environment": {"Variables": {"REDRIVE_SQS_1": settings}}})
    simulation = Simulation.from_template(stack, handlers={"Function": handler}, echo=False)
    for body, group in (("bad", "a"), ("good", "a"), ("other", "b")):
        simulation.send("Queue", body, group_id=group, deduplication_id=body)
    simulation.run()
    return simulation


def test_untried_messages_follow_a_failed_one_into_the_dead_letter_queue_with_powertools_only() -> None:
    ran: set[str] = set()

    def work(body: str) -> None:
        ran.add(body)
        if body == "bad":
            raise ValueError("no")

    processor = SqsFifoPartialProcessor(skip_group_on_error=True)
    assert sorted(fifo(powertools(lambda record: work(record.body), processor)).queue("DeadLetters").bodies) == [
        "bad",
        "good",
    ]
    assert ran == {"bad", "other"}
    assert fifo(sqs_handler(lambda message: work(message.body))).queue("DeadLetters").bodies == ["bad"]
    assert ran == {"bad", "good", "other"}


def test_the_handler_before_works_behind_a_mapping_with_partial_failures() -> None:
    def work(record: Any) -> None:
        if record.body == "bad":
            raise ValueError("no")

    handler = powertools(work, BatchProcessor(EventType.SQS))
    simulation = Simulation.from_template(sqs_stack(), handlers={"Function": handler}, echo=False)
    for body in ("good", "bad", "good"):
        simulation.send("Queue", body)
    simulation.run()
    assert simulation.queue("DeadLetters").bodies == ["bad"]


# The page.


def test_the_stack_allows_both_calls_and_keeps_the_mapping() -> None:
    template = assertions.Template.from_stack(run(STACK)["stack"])
    (mapping,) = template.find_resources("AWS::Lambda::EventSourceMapping").values()
    assert mapping["Properties"]["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    policies = json.dumps(template.find_resources("AWS::IAM::Policy"))
    assert "dynamodb:PutItem" in policies
    assert "dynamodb:PartiQLInsert" in policies


def tables() -> list[list[str]]:
    """The rows of the tables that map names, without their headers."""
    rows = [row.strip("| ").split(" | ") for row in TEXT.splitlines() if row.startswith("| ")]
    return [row for row in rows if "`" in row[0]]


def names(cell: str) -> set[str]:
    return {name for code in re.findall(r"`([^`]+)`", cell) for name in re.findall(r"[A-Za-z_]\w{3,}", code)}


def test_each_name_of_powertools_is_in_the_version_of_the_page() -> None:
    assert version("aws_lambda_powertools").startswith("3.37.")
    folder = Path(aws_lambda_powertools.__file__).parent
    sources = "\n".join(file.read_text(encoding="utf-8") for file in folder.rglob("*.py"))
    known = set(re.findall(r"\w+", sources))
    given = set[str]().union(*(names(row[0]) for row in tables()))
    assert len(given) > 25
    assert given - known - {"sqs_handler"} == set()  # in the row on middlewares


def test_each_name_of_redrive_is_in_the_reference() -> None:
    reference = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "docs/reference").glob("*.md"))
    given = set[str]().union(*(names(row[1]) for row in tables()))
    known = set(re.findall(r"\w+", reference)) | {"async", "event_source", "order", "model_validate_json"}
    assert len(given) > 20
    assert given - known == set()


def test_the_mapped_options_are_accepted() -> None:
    assert Idempotency(key="id", payload="amount", missing_key="run", expiry=60, cache=10, prefix="mine").cache == 10


def test_the_page_of_idempotency_has_each_attribute_of_the_table() -> None:
    page = (ROOT / "docs/idempotency.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([^|]*) \|", page.partition("## The table\n")[2], re.MULTILINE)
    assert {name for row in rows for name in re.findall(r"`(\w+)`", row)} == set(ATTRIBUTES.values())
