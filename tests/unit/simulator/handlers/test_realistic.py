"""Handlers as people write them: each kind of library and of habit, on a stack of the usual parts."""

from __future__ import annotations

import asyncio
import functools
import json
import signal
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import boto3
import pytest
import requests
from aws_lambda_powertools.utilities import parameters
from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, IdempotencyConfig, idempotent
from boto3.dynamodb.conditions import Attr, Key
from requests.adapters import HTTPAdapter
from urllib3.util.retry import Retry

from redrive_simulator import Outcome, Simulation
from tests.support.simulator.simulations import Template, arn, function, mapping, resource, template

REGION: dict[str, Any] = {"region_name": "eu-west-1"}
Handler = Callable[[dict[str, Any], Any], Any]


def stack(**function_: Any) -> Template:
    """`Queue` with `DeadLetters` is read by `Function`, which uses `Orders`, `Lines`, `Keys` and `Bucket`."""
    both = [{"AttributeName": "order", "KeyType": "HASH"}, {"AttributeName": "line", "KeyType": "RANGE"}]
    key = [{"AttributeName": "id", "KeyType": "HASH"}]
    redrive = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 3}
    names = {name: {"Ref": name} for name in ("Queue", "Orders", "Lines", "Keys", "Bucket", "Done")}
    return template(
        Queue=resource("AWS::SQS::Queue", RedrivePolicy=redrive),
        DeadLetters=resource("AWS::SQS::Queue"),
        Done=resource("AWS::SQS::Queue"),
        Bucket=resource("AWS::S3::Bucket"),
        Orders=resource("AWS::DynamoDB::Table", KeySchema=key),
        Lines=resource("AWS::DynamoDB::Table", KeySchema=both),
        Keys=resource("AWS::DynamoDB::Table", KeySchema=key),
        Function=function(Environment={"Variables": names}, **function_),
        Mapping=mapping(arn("Queue"), BatchSize=1),
    )


def played(handler: Handler, *bodies: Any, **function_: Any) -> Simulation:
    simulation = Simulation.from_template(stack(**function_), {"Function": handler}, echo=False)
    for body in bodies:
        simulation.send("Queue", body)
    simulation.run()
    return simulation


def body_of(event: dict[str, Any]) -> Any:
    return json.loads(event["Records"][0]["body"])


def invoked(work: Callable[[], Any], **function_: Any) -> tuple[Any, float]:
    """What some work in a handler returns, and how much virtual time it takes."""
    simulation = Simulation.from_template(stack(**function_), {"Function": lambda event, context: work()}, echo=False)
    found = simulation.invoke("Function")
    assert found.function_error is None, found.payload
    return found.payload, simulation.now


# The resource API.


def stores_an_order(event: dict[str, Any], context: Any) -> None:
    order = json.loads(event["Records"][0]["body"], parse_float=Decimal)  # the resource API takes no floats
    orders = boto3.resource("dynamodb", **REGION).Table("Orders")
    try:
        orders.put_item(Item={**order, "status": "new"}, ConditionExpression=Attr("id").not_exists())
    except orders.meta.client.exceptions.ConditionalCheckFailedException:
        return
    total = sum(line["price"] for line in order["lines"])
    orders.update_item(
        Key={"id": order["id"]},
        UpdateExpression="SET #s = :done, #t = :total ADD version :one",
        ExpressionAttributeNames={"#s": "status", "#t": "total"},
        ExpressionAttributeValues={":done": "done", ":total": total, ":one": 1},
    )
    stored = orders.get_item(Key={"id": order["id"]}, ConsistentRead=True)["Item"]
    boto3.resource("s3", **REGION).Object("bucket", f"orders/{order['id']}.json").put(
        Body=json.dumps(stored, default=str), ContentType="application/json"
    )
    queue = boto3.resource("sqs", **REGION).get_queue_by_name(QueueName="Done")
    queue.send_message(MessageBody=json.dumps({"id": stored["id"], "total": str(stored["total"])}))


def test_the_resource_api() -> None:
    order = {"id": "7", "lines": [{"price": 1.5}, {"price": 2}]}
    simulation = played(stores_an_order, order, order)
    assert simulation.queue("Done").bodies == [{"id": "7", "total": "3.5"}]
    (stored,) = simulation.bucket("Bucket").objects.values()
    assert stored.json() == {
        "id": "7",
        "lines": [{"price": "1.5"}, {"price": "2"}],
        "status": "done",
        "total": "3.5",
        "version": "1",
    }
    simulation.assert_ended()


# Query, scan, batches, transactions.


def moves_lines(event: dict[str, Any], context: Any) -> dict[str, Any]:
    resource_ = boto3.resource("dynamodb", **REGION)
    lines, orders = resource_.Table("Lines"), resource_.Table("Orders")
    with lines.batch_writer() as batch:
        for number in range(30):
            batch.put_item(Item={"order": "a" if number % 2 else "b", "line": f"{number:02}", "price": number})
    page = lines.query(KeyConditionExpression=Key("order").eq("a") & Key("line").between("05", "21"), Limit=5)
    found = list(page["Items"])
    while "LastEvaluatedKey" in page:
        page = lines.query(
            KeyConditionExpression=Key("order").eq("a") & Key("line").between("05", "21"),
            ExclusiveStartKey=page["LastEvaluatedKey"],
        )
        found += page["Items"]
    dear = lines.scan(
        FilterExpression=Attr("price").gt(25), ProjectionExpression="#l", ExpressionAttributeNames={"#l": "line"}
    )
    client = resource_.meta.client
    some = client.batch_get_item(
        RequestItems={"Lines": {"Keys": [{"order": "a", "line": "01"}, {"order": "a", "line": "xx"}]}}
    )
    put = {"Put": {"TableName": "Orders", "Item": {"id": "a", "lines": len(found)}}}
    check = {
        "ConditionCheck": {
            "TableName": "Lines",
            "Key": {"order": "a", "line": "01"},
            "ConditionExpression": "attribute_exists(price)",
        }
    }
    client.transact_write_items(TransactItems=[put, check])
    again = {"Put": {**put["Put"], "ConditionExpression": "attribute_not_exists(id)"}}
    try:
        client.transact_write_items(TransactItems=[check, again])
        reasons: Any = None
    except client.exceptions.TransactionCanceledException as error:
        reasons = [each["Code"] for each in error.response["CancellationReasons"]]
    return {
        "found": [item["line"] for item in found],
        "dear": sorted(item["line"] for item in dear["Items"]),
        "some": len(some["Responses"]["Lines"]),
        "stored": int(orders.get_item(Key={"id": "a"})["Item"]["lines"]),
        "reasons": reasons,
    }


def test_query_scan_batches_and_transactions() -> None:
    simulation = Simulation.from_template(stack(), {"Function": moves_lines}, echo=False)
    found = simulation.invoke("Function").payload
    assert found == {
        "found": [f"{number:02}" for number in range(5, 22, 2)],
        "dear": ["26", "27", "28", "29"],
        "some": 1,
        "stored": 9,
        "reasons": ["None", "ConditionalCheckFailed"],
    }


# S3 listings.


def archives(event: dict[str, Any], context: Any) -> list[str]:
    s3 = boto3.client("s3", **REGION)
    for number in range(25):
        s3.put_object(Bucket="bucket", Key=f"in/{number % 2}/{number:02}.json", Body=b"{}")
    for page in s3.get_paginator("list_objects_v2").paginate(
        Bucket="bucket", Prefix="in/1/", PaginationConfig={"PageSize": 5}
    ):
        for each in page.get("Contents", []):
            s3.copy_object(Bucket="bucket", Key=f"done/{each['Key'][5:]}", CopySource=f"bucket/{each['Key']}")
        s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": each["Key"]} for each in page["Contents"]]})
    listed = s3.list_objects_v2(Bucket="bucket", Delimiter="/")
    left = boto3.resource("s3", **REGION).Bucket("bucket").objects.filter(Prefix="in/")
    older = s3.list_objects(Bucket="bucket", Delimiter="/", MaxKeys=1)
    assert older["NextMarker"] == "done/"
    assert s3.list_objects(Bucket="bucket", Delimiter="/", Marker="done/")["CommonPrefixes"] == [{"Prefix": "in/"}]
    return [*(each["Prefix"] for each in listed["CommonPrefixes"]), str(len(list(left)))]


def test_listings_of_a_bucket() -> None:
    simulation = Simulation.from_template(stack(), {"Function": archives}, echo=False)
    assert simulation.invoke("Function").payload == ["done/", "in/", "13"]
    assert sum(key.startswith("done/") for key in simulation.bucket("Bucket").objects) == 12


# Powertools.


def test_idempotency_of_powertools() -> None:
    charged: list[str] = []
    layer = DynamoDBPersistenceLayer(table_name="Keys", boto3_session=boto3.Session(**REGION))
    config = IdempotencyConfig(event_key_jmespath="Records[0].body", expires_after_seconds=60)

    @idempotent(persistence_store=layer, config=config)
    def handler(event: dict[str, Any], context: Any) -> Any:
        charged.append(body_of(event)["id"])
        return {"charged": True}

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)
    for at in (0, 10, 100):
        simulation.send("Queue", {"id": "7"}, at=at)
    simulation.send("Queue", {"id": "8"})
    simulation.run()
    assert charged == ["7", "8", "7"]  # the third is after the record has expired
    assert len(simulation.table("Keys").items) == 2
    simulation.assert_ended()


def test_parameters_of_powertools_are_read_again_when_they_are_old() -> None:
    asked: list[str] = []

    def handler(event: dict[str, Any], context: Any) -> None:
        assert parameters.get_parameter("/limit", max_age=60) == "5"

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)

    def get_parameter(Name: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        asked.append(Name)
        return {"Parameter": {"Name": Name, "Value": "5"}}

    simulation.answer("ssm", "GetParameter", get_parameter)
    for at in (0, 30, 120):
        simulation.send("Queue", {}, at=at)
    simulation.run()
    simulation.assert_ended()
    assert len(simulation.queue("DeadLetters")) == 0
    assert len(asked) == 2


# Requests to other machines.


@pytest.fixture
def api() -> Iterator[str]:
    """The address of a service that is down twice."""
    answers = iter([503, 503, 200, 200])

    class Service(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(next(answers))
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None: ...  # noqa: A002

    server = HTTPServer(("127.0.0.1", 0), Service)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


def test_requests_with_retries_wait_in_virtual_time(api: str) -> None:
    def work() -> int:
        with requests.Session() as session:
            retry = Retry(total=3, backoff_factor=1, status_forcelist=[503], allowed_methods=["POST"])
            session.mount("http://", HTTPAdapter(max_retries=retry))
            return session.post(api, json={"id": 7}, timeout=5).status_code

    assert invoked(work) == (200, 2)  # urllib3 waits 0 s and 2 s


def test_requests_to_other_machines_fail_with_the_way_out() -> None:
    def handler(event: dict[str, Any], context: Any) -> None:
        try:
            requests.post("http://192.0.2.1/charge", json={}, timeout=2)
        except requests.ConnectionError:
            urllib.request.urlopen("http://192.0.2.1/charge", timeout=2)

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)
    simulation.send("Queue", {})
    with pytest.raises(Exception, match=r"a connection to .*192\.0\.2\.1.*allow_network=True"):
        simulation.run()


# Threads, asyncio, signals.


def test_a_pool_of_threads_with_a_client_each() -> None:
    here = threading.local()

    def send(number: int) -> str:
        if not hasattr(here, "sqs"):
            here.sqs = boto3.Session(**REGION).client("sqs")
        time.sleep(1)
        url = here.sqs.get_queue_url(QueueName="Done")["QueueUrl"]
        return here.sqs.send_message(QueueUrl=url, MessageBody=str(number))["MessageId"]

    def handler(event: dict[str, Any], context: Any) -> int:
        with ThreadPoolExecutor(max_workers=4) as pool:
            return len(set(pool.map(send, range(8))))

    simulation = Simulation.from_template(stack(), {"Function": handler}, echo=False)
    assert simulation.invoke("Function").payload == 8
    assert sorted(simulation.queue("Done").bodies) == list(range(8))


def test_asyncio_with_timeouts_semaphores_and_blocking_calls() -> None:
    async def charge(number: int, gate: asyncio.Semaphore) -> str:
        async with gate:
            await asyncio.sleep(number)
        return await asyncio.to_thread(str, number)

    async def main() -> list[str]:
        gate = asyncio.Semaphore(2)
        done = await asyncio.gather(*(charge(number, gate) for number in (1, 2, 3)))
        try:
            async with asyncio.timeout(1.5):
                await asyncio.sleep(60)
        except TimeoutError:
            done.append("late")
        return done

    found, taken = invoked(lambda: asyncio.run(main()))
    assert found == ["1", "2", "3", "late"]
    assert taken == pytest.approx(4 + 1.5, abs=0.01)


class TooLate(Exception):
    """Raised by a handler's own alarm."""


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")
@pytest.mark.parametrize("timer", ["alarm", "setitimer"])
def test_an_alarm_before_the_timeout(timer: str) -> None:
    def raises(number: int, frame: Any) -> None:
        raise TooLate(f"signal {number}")

    def work() -> list[Any]:
        before = signal.signal(signal.SIGALRM, raises)
        if timer == "alarm":
            assert signal.alarm(3) == 0
        else:
            assert signal.setitimer(signal.ITIMER_REAL, 3) == (0, 0)
        try:
            time.sleep(60)
            reason = "never"
        except TooLate as error:
            reason = str(error)
        signal.alarm(5)
        time.sleep(2)
        left = signal.alarm(0)
        time.sleep(4)
        assert signal.signal(signal.SIGALRM, before) is raises
        return [reason, left]

    assert invoked(work) == ([f"signal {int(signal.SIGALRM)}", 3], 9)


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="Windows has no alarms")
def test_an_alarm_that_returns_does_not_end_a_sleep_and_one_without_a_handler_ends_the_process() -> None:
    rang: list[float] = []

    def work() -> None:
        signal.signal(signal.SIGALRM, lambda number, frame: rang.append(time.monotonic()))
        signal.setitimer(signal.ITIMER_REAL, 1, 2)
        time.sleep(6)
        signal.setitimer(signal.ITIMER_REAL, 0)

    _, taken = invoked(work)
    assert (taken, [round(each) for each in rang]) == (6, [1, 3, 5])
    simulation = Simulation.from_template(stack(), {"Function": lambda event, context: dies()}, echo=False)
    assert simulation.invoke("Function").function_error == "Unhandled"
    assert [str(entry.kind) for entry in simulation.timeline.attempts] == ["crashed"]


def dies() -> None:
    signal.alarm(1)
    time.sleep(5)


# Clocks and sleeps that were bound before the simulation began, in ways that no module's names show.


Sleep = Callable[[float], None]


def by_default(seconds: float, sleep: Sleep = time.sleep, now: Callable[[], float] = time.monotonic) -> float:
    before = now()
    sleep(seconds)
    return now() - before


def by_keyword(seconds: float, *, sleep: Callable[[float], None] = time.sleep) -> None:
    sleep(seconds)


class Waiter:
    """Has a sleep as a class attribute, and one in each instance."""

    of_class = staticmethod(time.sleep)

    def __init__(self, sleep: Callable[[float], None] = time.sleep) -> None:
        self.sleep = sleep


WAITER = Waiter()
WAITS: dict[str, Callable[[float], object]] = {"in a dictionary": time.sleep}
PARTIAL = functools.partial(time.sleep, 3)
LISTED = [time.sleep]


def closure() -> Callable[[float], None]:
    sleep = time.sleep

    def waits(seconds: float) -> None:
        sleep(seconds)

    return waits


CLOSURE = closure()
BOUND: dict[str, Callable[[], object]] = {
    "default": lambda: by_default(3),
    "keyword": lambda: by_keyword(3),
    "class": lambda: Waiter.of_class(3),
    "instance": lambda: WAITER.sleep(3),
    "dictionary": lambda: WAITS["in a dictionary"](3),
    "partial": PARTIAL,
    "list": lambda: LISTED[0](3),
    "closure": lambda: CLOSURE(3),
}


@pytest.mark.parametrize("way", BOUND)
def test_however_a_sleep_is_bound_it_takes_virtual_time(way: str) -> None:
    real = time.perf_counter()
    _, taken = invoked(BOUND[way])
    assert taken == 3
    assert time.perf_counter() - real < 2.5


def test_a_clock_bound_as_a_default_shows_virtual_time() -> None:
    def since(now: Callable[..., datetime] = datetime.now, clock: Callable[[], float] = time.time) -> list[Any]:
        time.sleep(2)
        return [now(UTC).second, clock() % 60, by_default(1)]

    assert invoked(since)[0] == [2, 2, 1]


def test_what_a_handler_loses_is_found() -> None:
    """A client error that a handler does not catch is retried, and ends in the dead-letter queue."""

    def handler(event: dict[str, Any], context: Any) -> None:
        boto3.client("sqs", **REGION).send_message(
            QueueUrl="https://sqs.eu-west-1.amazonaws.com/111111111111/No", MessageBody="x"
        )

    simulation = played(handler, {"id": 7})
    assert simulation.queue("DeadLetters").bodies == [{"id": 7}]
    assert [ended.outcome for ended in simulation.ended] == [Outcome.DEAD_LETTERED]
    assert "NonExistentQueue" in simulation.errors[0] or "QueueDoesNotExist" in simulation.errors[0]
