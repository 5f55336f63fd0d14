"""However a handler makes a client or a connection, nothing leaves a running simulation."""

from __future__ import annotations

import asyncio
import socket
import threading
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import botocore.session
import pytest
from botocore.exceptions import ClientError, ParamValidationError
from botocore.stub import Stubber

from redrive_simulator import NotSimulatedError, Simulation
from redrive_simulator.engine.invocation import InvocationEndedError
from tests.support.simulator.simulations import function, resource, template

KEYS: dict[str, Any] = {"aws_access_key_id": "real", "aws_secret_access_key": "real", "region_name": "eu-west-1"}
ITEM = {"id": {"S": "a"}}
STACK = template(
    Function=function(),
    Queue=resource("AWS::SQS::Queue"),
    Table=resource("AWS::DynamoDB::Table", TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}]),
)
AT_IMPORT = boto3.client("dynamodb", **KEYS)


class Listener:
    """A server that counts its connections.

    Attributes:
        url: Its address.
        connections: Number of connections so far.
    """

    def __init__(self) -> None:
        self.connections = 0
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.close()

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    """A listener that every new client would call."""
    made = Listener()
    monkeypatch.setenv("AWS_ENDPOINT_URL", made.url)
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
    yield made
    made.close()


def put(client: Any) -> None:
    client.put_item(TableName="table", Item=ITEM)


def in_a_thread(work: Callable[[], Any]) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def set_up_default_session() -> None:
    boto3.setup_default_session(**KEYS)
    put(boto3.client("dynamodb"))


def in_a_pool() -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(put, AT_IMPORT).result()


async def in_an_event_loop() -> None:
    await asyncio.to_thread(put, AT_IMPORT)


WAYS: dict[str, Callable[[str], Any]] = {
    "at import": lambda url: put(AT_IMPORT),
    "default session": lambda url: put(boto3.client("dynamodb", **KEYS)),
    "default session without keys": lambda url: put(boto3.client("dynamodb")),
    "setup_default_session": lambda url: set_up_default_session(),
    "own session": lambda url: put(boto3.Session(**KEYS).client("dynamodb")),
    "botocore": lambda url: put(
        botocore.session.get_session().create_client(
            "dynamodb", region_name="eu-west-1", aws_access_key_id="real", aws_secret_access_key="real"
        )
    ),
    "endpoint_url": lambda url: put(boto3.client("dynamodb", endpoint_url=url, **KEYS)),
    "resource": lambda url: boto3.resource("dynamodb", **KEYS).Table("table").put_item(Item={"id": "a"}),
    "thread": lambda url: in_a_thread(lambda: put(AT_IMPORT)),
    "pool": lambda url: in_a_pool(),
    "asyncio": lambda url: asyncio.run(in_an_event_loop()),
}


@pytest.mark.parametrize("way", WAYS)
def test_however_a_client_is_made_the_simulation_answers(way: str, listener: Listener) -> None:
    made = boto3.client("dynamodb", endpoint_url=listener.url, **KEYS)
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: WAYS[way](listener.url)})
    answer = simulation.invoke("Function")
    assert answer.function_error is None, answer.payload
    assert simulation.table("Table").items == [ITEM]
    assert listener.connections == 0
    with pytest.raises(Exception, match=r"onnection|endpoint"):  # the listener would have noticed
        put(made)
    assert listener.connections > 0


def test_a_client_has_parameter_validation_typed_errors_and_paginators() -> None:
    def work(event: Any, context: Any) -> list[Any]:
        with pytest.raises(ParamValidationError, match="Unknown parameter"):
            AT_IMPORT.put_item(TableName="table", Itme=ITEM)
        for number in range(3):
            AT_IMPORT.put_item(TableName="table", Item={"id": {"S": str(number)}})
        with pytest.raises(AT_IMPORT.exceptions.ConditionalCheckFailedException) as raised:
            AT_IMPORT.put_item(
                TableName="table", Item={"id": {"S": "0"}}, ConditionExpression="attribute_not_exists(id)"
            )
        pages = list(AT_IMPORT.get_paginator("scan").paginate(TableName="table", PaginationConfig={"PageSize": 2}))
        return [raised.value.response["Error"]["Code"], [page["Count"] for page in pages]]

    simulation = Simulation.from_template(STACK, {"Function": work})
    assert simulation.invoke("Function").payload == ["ConditionalCheckFailedException", [2, 1]]


def test_a_resource_converts_values_and_queries() -> None:
    def work(event: Any, context: Any) -> Any:
        table = boto3.resource("dynamodb", **KEYS).Table("table")
        table.put_item(Item={"id": "a", "tags": {"x"}, "size": 3})
        updated = table.update_item(
            Key={"id": "a"},
            UpdateExpression="ADD #size :one",
            ExpressionAttributeNames={"#size": "size"},
            ExpressionAttributeValues={":one": 1},
            ReturnValues="ALL_NEW",
        )
        assert updated["Attributes"] == {"id": "a", "tags": {"x"}, "size": 4}
        found = table.query(KeyConditionExpression=boto3.dynamodb.conditions.Key("id").eq("a"))
        return str(found["Items"][0]["size"])

    import boto3.dynamodb.conditions

    simulation = Simulation.from_template(STACK, {"Function": work})
    assert simulation.invoke("Function").payload == "4"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: AT_IMPORT.put_item(TableName="table", Item=ITEM, Expected={}), r"dynamodb\.PutItem\(Expected=…\)"),
        (lambda: AT_IMPORT.create_table(TableName="t", KeySchema=[], AttributeDefinitions=[]), "dynamodb.CreateTable"),
    ],
    ids=["parameter", "operation"],
)
def test_what_a_stand_in_does_not_support_is_an_error_even_if_the_handler_hides_it(
    call: Callable[[], Any], message: str
) -> None:
    def hides(event: Any, context: Any) -> None:
        with pytest.raises(NotSimulatedError):
            call()

    simulation = Simulation.from_template(STACK, {"Function": hides})
    with pytest.raises(NotSimulatedError, match=message) as raised:
        simulation.invoke("Function")
    assert "simulation.answer(" in str(raised.value)


def test_moto_answers_other_services_with_a_state_of_each_simulation_and_virtual_time() -> None:
    def work(event: Any, context: Any) -> Any:
        secrets = boto3.client("secretsmanager", **KEYS)
        with pytest.raises(secrets.exceptions.ResourceNotFoundException):
            secrets.get_secret_value(SecretId="other")
        found = secrets.get_secret_value(SecretId="key")
        return [found["SecretString"], found["CreatedDate"].timestamp(), found["ARN"].split(":")[4]]

    for value in ("one", "two"):
        simulation = Simulation.from_template(STACK, {"Function": work})
        simulation.run_until(60)
        simulation.client("secretsmanager").create_secret(Name="key", SecretString=value)
        simulation.run_until(120)
        answer = simulation.invoke("Function")
        start = 1_767_268_800  # 2026-01-01, 12:00
        assert answer.payload == [value, start + 60, "111111111111"]


def test_without_moto_the_error_names_service_operation_and_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "moto.core.models", None)
    work = lambda event, context: boto3.client("ses", **KEYS).list_identities()  # noqa: E731
    simulation = Simulation.from_template(STACK, {"Function": work})
    with pytest.raises(NotSimulatedError, match=r"ses\.ListIdentities.*redrive\[moto\].*simulation\.answer\("):
        simulation.invoke("Function")


def test_a_test_gives_its_own_answer() -> None:
    work = lambda event, context: boto3.client("ses", **KEYS).list_identities()["Identities"]  # noqa: E731
    simulation = Simulation.from_template(STACK, {"Function": work})
    simulation.answer("ses", "ListIdentities", lambda **parameters: {"Identities": ["a@example.com"]})
    assert simulation.invoke("Function").payload == ["a@example.com"]


def test_a_stubbed_client_keeps_its_answers() -> None:
    client = boto3.client("dynamodb", **KEYS)
    with Stubber(client) as stubber:
        stubber.add_response("get_item", {"Item": {"id": {"S": "stub"}}})
        work = lambda event, context: client.get_item(TableName="table", Key=ITEM)["Item"]  # noqa: E731
        simulation = Simulation.from_template(STACK, {"Function": work})
        assert simulation.invoke("Function").payload == {"id": {"S": "stub"}}


def test_a_client_of_the_simulation_prepares_and_looks() -> None:
    simulation = Simulation.from_template(STACK)
    simulation.client("dynamodb").put_item(TableName="table", Item=ITEM)
    assert simulation.table("Table").items == [ITEM]
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        simulation.client("dynamodb").get_item(TableName="none", Key=ITEM)
    with pytest.raises(ValueError, match=r"use simulation\.invoke"):
        simulation.client("lambda").invoke(FunctionName="Function")


def send_a_datagram() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"x", ("192.0.2.1", 53))


CONNECTIONS: dict[str, Callable[[], Any]] = {
    "name": lambda: socket.create_connection(("example.com", 80), timeout=1),
    "address": lambda: socket.create_connection(("192.0.2.1", 80), timeout=1),
    "IPv6": lambda: socket.create_connection(("2001:db8::1", 80), timeout=1),
    "datagram": send_a_datagram,
    "urllib": lambda: urllib.request.urlopen("http://192.0.2.1/", timeout=1),
    "thread": lambda: in_a_pool_of(lambda: socket.create_connection(("192.0.2.1", 80), timeout=1)),
}


def in_a_pool_of(work: Callable[[], Any]) -> None:
    with ThreadPoolExecutor() as pool:
        pool.submit(work).result()


@pytest.mark.parametrize("way", CONNECTIONS)
def test_a_connection_to_another_machine_is_refused(way: str) -> None:
    def hides(event: Any, context: Any) -> None:
        with pytest.raises(NotSimulatedError):
            CONNECTIONS[way]()

    simulation = Simulation.from_template(STACK, {"Function": hides})
    with pytest.raises(NotSimulatedError, match=r"a connection to .*allow_network=True"):
        simulation.invoke("Function")


def test_loopback_is_allowed_and_the_rest_if_the_simulation_allows_it(listener: Listener) -> None:
    def connects(event: Any, context: Any) -> None:
        address = listener.url.removeprefix("http://").split(":")
        socket.create_connection((address[0], int(address[1]))).close()
        if event == "away":
            with pytest.raises(OSError, match=r"timed out|unreachable|refused"):
                socket.create_connection(("192.0.2.1", 80), timeout=0.01)

    assert Simulation.from_template(STACK, {"Function": connects}).invoke("Function").function_error is None
    allowed = Simulation.from_template(STACK, {"Function": connects}, allow_network=True)
    assert allowed.invoke("Function", "away").function_error is None


def test_a_thread_that_outlives_the_run_calls_nobody(listener: Listener) -> None:
    go, ended = threading.Event(), threading.Event()
    raised: list[BaseException] = []

    def calls_later(client: Any) -> None:
        go.wait()
        try:
            put(client)
        except BaseException as error:
            raised.append(error)
        ended.set()

    def work(event: Any, context: Any) -> None:
        client = boto3.client("dynamodb", endpoint_url=listener.url, **KEYS)
        threading.Thread(target=calls_later, args=(client,), daemon=True).start()

    Simulation.from_template(STACK, {"Function": work}).invoke("Function")
    go.set()
    assert ended.wait(5)
    assert isinstance(raised[0], InvocationEndedError)
    assert listener.connections == 0
