"""Apps, functions and synthesized templates for the tests of the constructs."""

import json
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from aws_cdk import App, CfnElement, CfnParameter, Duration, Stack
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template
from constructs import Construct, IConstruct

from tests.support.constructs.environment import WARNINGS

ROOT = Path(__file__).resolve().parents[3]
#: The feature flags that `app.py` runs with, and no stack traces, which take time.
CONTEXT: dict[str, Any] = {
    **json.loads((ROOT / "cdk.json").read_text())["context"],
    "aws:cdk:disable-stack-trace": True,
    "aws:cdk:disable-creation-stack-traces": True,
}


def new_app(outdir: str | None = None) -> App:
    """An app with the flags of `app.py`; it copies its assets only into a folder that is given, and writes no tree."""
    context = CONTEXT if outdir else {**CONTEXT, "aws:cdk:disable-asset-staging": True}
    return App(context=context, outdir=outdir, tree_metadata=False)


def new_stack(name: str = "Stack", **options: Any) -> Stack:
    """A stack in an app of its own."""
    return Stack(new_app(), name, **options)


@cache
def _of_functions() -> dict[str, Any]:
    """Options that functions have in common; each of them is a question to the CDK."""
    return {
        "runtime": lambda_.Runtime.PYTHON_3_14,
        "code": lambda_.Code.from_inline("def handler(event, context): ..."),
        "timeout": Duration.seconds(10),
    }


def python_function(scope: Construct, id: str = "Function", **options: Any) -> lambda_.Function:
    return lambda_.Function(scope, id, **{"handler": "index.handler", **_of_functions(), **options})


def number_parameter(scope: Construct, id: str) -> Any:
    """A number that only the deployment knows."""
    return CfnParameter(scope, id, type="Number").value_as_number


def warnings_of(scope: IConstruct) -> dict[str, str]:
    """The warnings on a construct and what is in it, by their id."""
    warnings = scope.node.try_get_context("redrive:warnings")
    assert warnings is not None, f"Node.js has not loaded {WARNINGS.name}: call set_up of environment.py first"
    found: dict[str, str] = {}
    for each in warnings:
        text, _, acknowledgement = str(each).rpartition(" [ack: ")
        found[acknowledgement.removesuffix("]")] = text
    return found


class Synthesized:
    """A stack's template, asked by construct."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack

    @cached_property
    def template(self) -> dict[str, Any]:
        """The template; one whose resources depend on each other in a circle is an error here."""
        return dict(Template.from_stack(self.stack).to_json())

    @property
    def resources(self) -> dict[str, Any]:
        return self.template["Resources"]

    def of_type(self, kind: str) -> dict[str, Any]:
        return {name: found for name, found in self.resources.items() if found["Type"] == kind}

    def id(self, construct: IConstruct | None) -> str:
        """The logical id of a construct's main resource."""
        assert construct is not None
        resource = construct.node.default_child
        assert isinstance(resource, CfnElement)
        return self.stack.resolve(resource.logical_id)

    def resource(self, construct: IConstruct | None) -> dict[str, Any]:
        return self.resources[self.id(construct)]

    def properties(self, construct: IConstruct | None) -> dict[str, Any]:
        """The properties of a construct's main resource, as they are in the template."""
        return self.resource(construct)["Properties"]

    def arn(self, construct: IConstruct | None) -> dict[str, Any]:
        """Returns the expression by which the template names a construct's ARN."""
        return {"Fn::GetAtt": [self.id(construct), "Arn"]}

    def statements(self, function: lambda_.Function, *, conditional: bool = False) -> set[tuple[str, str]]:
        """Permissions of the function beyond logging: pairs of an action and a resource, under no other conditions."""
        assert function.role is not None
        role = self.id(function.role)
        allowed: set[tuple[str, str]] = set()
        for policy in self.of_type("AWS::IAM::Policy").values():
            if {"Ref": role} in policy["Properties"]["Roles"]:
                assert conditional or conditions_of(policy) == []
                allowed |= pairs_of(policy)
        return allowed

    def environment(self, function: lambda_.Function) -> dict[str, str]:
        """The function's variables as they would be after the deployment."""
        variables = self.properties(function).get("Environment", {}).get("Variables", {})
        return {name: deployed(value) for name, value in variables.items()}


def pairs_of(policy: dict[str, Any]) -> set[tuple[str, str]]:
    """The pairs of an action and a resource that a policy allows, under conditions or not."""
    pairs: set[tuple[str, str]] = set()
    for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
        assert set(statement) - {"Condition"} == {"Action", "Effect", "Resource"}
        assert statement["Effect"] == "Allow"
        pairs |= {
            (action, deployed(resource))
            for action in as_list(statement["Action"])
            for resource in as_list(statement["Resource"])
        }
    return pairs


def conditions_of(policy: dict[str, Any]) -> list[tuple[str, Any]]:
    """The actions that a policy allows under a condition, each with it."""
    return [
        (action, statement["Condition"])
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
        for action in as_list(statement["Action"])
        if "Condition" in statement
    ]


def referenced(expression: Any) -> set[str]:
    """The logical ids that an expression names."""
    match expression:
        case {"Ref": name}:
            return {name}
        case {"Fn::GetAtt": [name, _]}:
            return {name}
        case dict():
            return set[str]().union(*map(referenced, expression.values()))
        case list():
            return set[str]().union(*map(referenced, expression))
        case _:
            return set()


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def deployed(value: Any) -> str:
    """Evaluates an expression of a template as a deployment would, with the logical ids for names."""
    match value:
        case str():
            return value
        case {"Ref": "AWS::Partition"}:
            return "aws"
        case {"Ref": "AWS::Region"}:
            return "eu-west-1"
        case {"Ref": "AWS::AccountId"}:
            return "111111111111"
        case {"Ref": "AWS::URLSuffix"}:
            return "amazonaws.com"
        case {"Ref": name}:
            return url_of(name)
        case {"Fn::GetAtt": [name, "Arn" | "TopicArn"]}:
            return arn_of(name)
        case {"Fn::GetAtt": [name, "StreamArn"]}:
            return f"{arn_of(name)}/stream/2026-11-22T00:00:00.000"
        case {"Fn::GetAtt": [name, "ConsumerARN"]}:
            return f"{arn_of(name)}/consumer/registered:1795305600"
        case {"Fn::Join": [separator, parts]}:
            return separator.join(map(deployed, parts))
        case _:
            raise AssertionError(f"not an expression known here: {value}")


def arn_of(logical_id: str) -> str:
    return f"arn:aws:sqs:eu-west-1:111111111111:{logical_id}"


def url_of(logical_id: str) -> str:
    return f"https://sqs.eu-west-1.amazonaws.com/111111111111/{logical_id}"
