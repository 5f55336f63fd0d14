"""Parameters and secrets with values in the template are there; the test puts the rest, as `not_modelled` says."""

from __future__ import annotations

import os
from typing import Any

import boto3
import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import function, resource, template

STACK = template(
    Queue=resource("AWS::SQS::Queue", QueueName="orders"),
    Plain=resource("AWS::SSM::Parameter", Type="String", Value="seven"),
    Named=resource("AWS::SSM::Parameter", Name="/shop/queue", Type="String", Value={"Ref": "Queue"}),
    Listed=resource("AWS::SSM::Parameter", Name="/shop/list", Type="StringList", Value="a,b"),
    Key=resource("AWS::SecretsManager::Secret", Name="shop/key", SecretString='{"key": 7}'),
    Unnamed=resource("AWS::SecretsManager::Secret", SecretString="literal"),
    Generated=resource("AWS::SecretsManager::Secret", GenerateSecretString={}),
    Flags=resource("AWS::AppConfig::Application", Name="flags"),
    Function=function(
        Environment={
            "Variables": {
                "PLAIN": {"Ref": "Plain"},
                "NAMED": {"Ref": "Named"},
                "VALUE": {"Fn::GetAtt": ["Named", "Value"]},
                "KEY_ARN": {"Ref": "Key"},
                "UNNAMED": {"Ref": "Unnamed"},
            }
        }
    ),
)
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/orders"


def looks_up(event: Any, context: Any) -> Any:
    ssm, secrets = boto3.client("ssm"), boto3.client("secretsmanager")
    names = [os.environ["PLAIN"], os.environ["NAMED"], "/shop/list"]
    return [
        *(ssm.get_parameter(Name=each)["Parameter"]["Value"] for each in names),
        *(secrets.get_secret_value(SecretId=os.environ[each])["SecretString"] for each in ("KEY_ARN", "UNNAMED")),
        secrets.get_secret_value(SecretId="shop/key")["SecretString"],
        os.environ["VALUE"],
    ]


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return Simulation.from_template(STACK, {"Function": looks_up})


def test_a_handler_finds_what_the_template_says(simulation: Simulation) -> None:
    found = simulation.invoke("Function", {})
    assert found.payload == ["seven", URL, "a,b", '{"key": 7}', "literal", '{"key": 7}', URL]


def test_a_simulation_has_its_own(simulation: Simulation) -> None:
    simulation.client("ssm").put_parameter(Name="/shop/list", Value="c", Type="StringList", Overwrite=True)
    other = Simulation.from_template(STACK)
    assert other.client("ssm").get_parameter(Name="/shop/list")["Parameter"]["Value"] == "a,b"


def test_the_rest_is_named_with_the_way_and_is_no_error(simulation: Simulation) -> None:
    generated, flags = simulation.not_modelled
    assert generated.startswith(
        "Generated (AWS::SecretsManager::Secret): handlers find it only if the test puts it there, with "
        'simulation.client("secretsmanager").create_secret(…)'
    )
    assert flags.startswith("Flags (AWS::AppConfig::Application): handlers find it only if")
    assert 'client("appconfig")' in flags


def test_what_only_the_deployment_knows_is_left_to_the_test() -> None:
    value = {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/other"}
    parameter = resource("AWS::SSM::Parameter", Type="String", Value={"Ref": "FromSsm"})
    made = {**template(Named=parameter), "Parameters": {"FromSsm": value}}
    (left,) = Simulation.from_template(made).not_modelled
    assert left.startswith("Named (AWS::SSM::Parameter): ")
    assert Simulation.from_template(made, template_parameters={"FromSsm": "x"}).not_modelled == ()
