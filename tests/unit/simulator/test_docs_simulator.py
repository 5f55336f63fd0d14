"""The examples of docs/simulator.md, as they stand there."""

from __future__ import annotations

import re
from dataclasses import fields as fields_of
from pathlib import Path
from typing import Any

import pytest
from aws_cdk.assertions import Template

from redrive_cdk import SqsConsumer
from redrive_simulator import Parameters, Simulation
from tests.support.constructs.cdk import new_stack, python_function
from tests.support.simulator.simulations import resource, template

PAGE = Path(__file__).parents[3] / "docs" / "simulator.md"
FIRST, FIXTURE, SENDING, CALLS, PARAMETERS = re.findall(
    r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL
)

EMAIL: dict[str, Any] = {"Source": "a@example.com", "Destination": {}, "Message": {"Subject": {"Data": ""}, "Body": {}}}


@pytest.fixture(scope="module")
def names() -> dict[str, Any]:
    stack = new_stack()
    SqsConsumer(stack, "Orders", function=python_function(stack, "OrdersFunction"))
    return {"stack": stack, "template": Template.from_stack(stack)}


def test_the_first_example_runs(names: dict[str, Any], capsys: pytest.CaptureFixture[str]) -> None:
    exec(FIRST, names)
    simulation: Simulation = names["simulation"]
    assert simulation.now >= 180
    assert "outage" in capsys.readouterr().out


def test_the_example_of_the_fixture_runs(names: dict[str, Any], simulate: Any) -> None:
    exec(FIRST + FIXTURE, names)
    names["test_an_order_without_lines_is_a_dead_letter"](simulate)


def test_the_example_of_clients_that_send_runs() -> None:
    stack = template(Uploads=resource("AWS::S3::Bucket"), News=resource("AWS::SNS::Topic"))
    simulation = Simulation.from_template(stack)
    exec(SENDING, {"simulation": simulation})
    assert [each.content for each in simulation.bucket("Uploads").objects.values()] == [b"7,chair"]
    assert simulation.topic("News").messages == ["sold out"]
    assert [(ended.source, str(ended.outcome)) for ended in simulation.ended][-1] == ("default", "sent away")


def test_the_example_of_aws_calls_runs(names: dict[str, Any]) -> None:
    exec(FIRST + CALLS, names)
    simulation: Simulation = names["simulation"]
    assert simulation.client("ses").send_email(**EMAIL)["MessageId"] == "1"
    assert simulation.client("secretsmanager").get_secret_value(SecretId="api-key")["SecretString"] == "secret"


def test_the_example_of_parameters_runs(names: dict[str, Any]) -> None:
    exec(FIRST + PARAMETERS, names)
    assert names["slower"].stream_retry_base == 5


def test_every_method_that_the_page_names_is_there() -> None:
    methods = set(re.findall(r"`(?:\w+, )*(\w+)\(\w+, ", PAGE.read_text(encoding="utf-8")))
    assert len(methods) > 5
    assert all(hasattr(Simulation, method) for method in methods), methods


def test_the_page_gives_the_defaults_of_what_aws_leaves_open() -> None:
    rows = re.findall(r"^\|[^|]+\| (`[a-z_`, ]+) \| ([^|]+) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    documented = {field: figures for fields, figures in rows for field in re.findall(r"`(\w+)`", fields)}
    specified = {"start", "region", "account", "keep_history", "deduplication_interval", "dynamodb_retention"}
    specified |= {"account_concurrency"}  # quotas and documented figures
    specified |= {"longest_work"}  # real time, not AWS's
    assert set(documented) == {field.name for field in fields_of(Parameters)} - specified
    for field, figures in documented.items():
        default = getattr(Parameters(), field)
        numbers = [float(each.replace(",", "")) for each in re.findall(r"[\d,]*\d(?:\.\d+)?", figures)]
        if isinstance(default, bool):
            assert figures == ("yes" if default else "no")
        elif isinstance(default, str):
            assert figures == default
        else:
            assert set(default if isinstance(default, tuple) else (default,)) <= set(numbers), field
