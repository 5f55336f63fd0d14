"""Finds in a template what handlers look up in services that moto answers, and what a test has to put there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from redrive_model.template.errors import TemplateError

if TYPE_CHECKING:
    from redrive_model.template.template import OpenTemplate

_PARAMETER, _SECRET = "AWS::SSM::Parameter", "AWS::SecretsManager::Secret"
# What a test calls to put it there, as the end of an expression, by type or family of types.
_REMEDIES = {
    _PARAMETER: 'client("ssm").put_parameter(…)',
    _SECRET: 'client("secretsmanager").create_secret(…)',
    "AWS::AppConfig::": 'client("appconfig")',
    "AWS::Cognito::": 'client("cognito-idp")',
    "AWS::StepFunctions::StateMachine": 'client("stepfunctions").create_state_machine(…)',
}


class Content(NamedTuple):
    """A call by which a part of the template comes into a service that moto answers.

    Attributes:
        service: boto3's name of the service.
        operation: Operation.
        parameters: Its parameters.
    """

    service: str
    operation: str
    parameters: Mapping[str, str]


def contents_of(template: OpenTemplate) -> dict[str, Content]:
    """Return the parameters and secrets whose values the template has, by logical id."""
    found: dict[str, Content] = {}
    for logical_id, resource in template.present.items():
        content = _content(template, logical_id, resource)
        if content is not None:
            found[logical_id] = content
    return found


def left_to_the_test(template: OpenTemplate, contents: Mapping[str, Content]) -> Iterator[str]:
    """Yield what handlers find only if the test puts it there, each with its logical id and the way.

    Args:
        template: The template.
        contents: What the template puts there itself.
    """
    for logical_id, resource in template.present.items():
        kind = str(resource["Type"])
        remedy = next((each for family, each in _REMEDIES.items() if kind.startswith(family)), None)
        if remedy is not None and logical_id not in contents:
            yield (
                f"{logical_id} ({kind}): handlers find it only if the test puts it there, with simulation.{remedy}, or "
                "answers their calls with simulation.answer(…)"
            )


def _content(template: OpenTemplate, logical_id: str, resource: Mapping[str, Any]) -> Content | None:
    properties: Mapping[str, Any] = resource.get("Properties") or {}
    value = {_PARAMETER: "Value", _SECRET: "SecretString"}.get(resource["Type"])
    if value is None or value not in properties:
        return None
    try:
        name = str(template.expressions.value({"Ref": logical_id}))
        text = str(template.expressions.value(properties[value]))
        kind = str(template.expressions.value(properties.get("Type", "String")))
    except TemplateError:  # as of a value that only the deployment knows
        return None
    if resource["Type"] == _PARAMETER:
        return Content("ssm", "PutParameter", {"Name": name, "Value": text, "Type": kind})
    return Content("secretsmanager", "CreateSecret", {"Name": name.rpartition(":")[2], "SecretString": text})
