"""docs/migration/from-articles.md, attempts counted in /tmp: they do not show the last one, those in a table do."""

from __future__ import annotations

from pathlib import Path

import pytest
from aws_cdk import App, Stack, assertions

from redrive.testing import LambdaContext
from redrive_simulator import Simulation
from tests.support.docs.articles import TABLE, TABLE_STACK, TMP
from tests.support.simulator.simulations import function, resource, template
from tests.unit.docs.test_docs import ROOT, run


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
