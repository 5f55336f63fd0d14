"""Calls that a handler leaves behind, in this process or another one, reach nobody either."""

from __future__ import annotations

import atexit
import email.utils
import multiprocessing
import traceback
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, resource, template

KEYS: dict[str, Any] = {"aws_access_key_id": "real", "aws_secret_access_key": "real", "region_name": "eu-west-1"}
STACK = template(
    Function=function(),
    Table=resource("AWS::DynamoDB::Table", TableName="table", KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}]),
)


def put() -> None:
    boto3.client("dynamodb", endpoint_url="http://127.0.0.1:9", **KEYS).put_item(TableName="table", Item={})


def test_what_a_handler_registers_for_the_end_of_the_process_is_sealed_off(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[Callable[[], Any]] = []
    monkeypatch.setattr("redrive_simulator.handlers.sealing._register", registered.append)
    ran: list[str] = []

    def flushes() -> None:
        ran.append("before")
        put()
        ran.append("after")

    def work(event: Any, context: Any) -> None:
        assert atexit.register(flushes) is flushes

    Simulation.from_template(STACK, {"Function": work}).invoke("Function")
    (at_exit,) = registered
    at_exit()  # without an error, and without a call
    assert ran == ["before"]
    assert at_exit == flushes  # so that `atexit.unregister` finds it
    with pytest.raises(Exception, match="endpoint"):  # the test itself may call again
        put()


@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_process_may_compute_but_not_call() -> None:
    def child(calls: bool, answer: Any) -> None:
        try:
            answer.send(put() if calls else "computed")
        except BaseException as error:
            answer.send(str(error))

    def work(event: bool, context: Any) -> str:
        forks = multiprocessing.get_context("fork")
        mine, its = forks.Pipe()
        process = forks.Process(target=child, args=(event, its))
        process.start()
        answer = str(mine.recv())
        process.join()
        return answer

    simulation = Simulation.from_template(STACK, {"Function": work})
    assert simulation.invoke("Function", False).payload == "computed"
    answer = simulation.invoke("Function", True).payload
    assert answer.startswith("PutItem is called in a process that a handler has forked")
    assert simulation.table("Table").items == []


def test_the_name_of_this_machine_is_no_other_machine() -> None:
    simulation = Simulation.from_template(STACK, {"Function": lambda event, context: email.utils.make_msgid()})
    assert simulation.invoke("Function").function_error is None


def test_the_traceback_of_a_failing_call_hides_the_simulator() -> None:
    with pytest.raises(ClientError) as raised:
        Simulation.from_template(STACK).client("dynamodb").describe_table(TableName="none")
    own = [frame for frame, _ in traceback.walk_tb(raised.tb) if "redrive_simulator" in frame.f_code.co_filename]
    assert own
    assert all("__tracebackhide__" in frame.f_locals for frame in own)
