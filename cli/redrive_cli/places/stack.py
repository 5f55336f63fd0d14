"""Reads deployed stacks: their templates, with the physical names that CloudFormation knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from redrive_cli.aws import Aws, pages
from redrive_cli.errors import code_of
from redrive_model.findings.known import Known
from redrive_model.resources.stack import stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place

_NESTED = "AWS::CloudFormation::Stack"
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
_WITHOUT_RESOURCES = ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS", "CREATE_IN_PROGRESS", "ROLLBACK_COMPLETE")


def stack_names(aws: Aws) -> list[str]:
    """Return the names of all stacks of the Region, without those nested in others."""
    found = pages(aws.client("cloudformation").describe_stacks, "NextToken")
    return [
        stack["StackName"]
        for page in found
        for stack in page["Stacks"]
        if stack["StackStatus"] not in _WITHOUT_RESOURCES and "ParentId" not in stack
    ]


def deployed(aws: Aws, name: str) -> Known | None:
    """Return the resources of a deployed stack, nested ones included; `None` if there is no such stack."""
    templates = templates_of(aws, name)
    if not templates:
        return None
    return Known(stack_of(merged(read_templates(templates, exports_of(aws)))))


def templates_of(aws: Aws, name: str) -> list[StackTemplate]:
    """Return the templates of a deployed stack and those nested in it; none if there is no such stack."""
    return list(_templates(aws, name))


def exports_of(aws: Aws) -> Callable[[str], str | None]:
    """Return a function for the values that stacks export by name, which are listed at its first call."""
    return _Exports(aws).value


def _templates(aws: Aws, name: str) -> Iterator[StackTemplate]:
    cloudformation = aws.client("cloudformation")
    try:
        (stack,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except Exception as error:
        # https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_DescribeStacks.html
        if code_of(error) == "ValidationError" and "does not exist" in str(error):
            return
        raise
    listed = [
        each
        for page in pages(cloudformation.list_stack_resources, "NextToken", StackName=name)
        for each in page["StackResourceSummaries"]
        if each.get("PhysicalResourceId") and each["ResourceStatus"] != "DELETE_COMPLETE"
    ]
    body: Any = cloudformation.get_template(StackName=name, TemplateStage="Processed")["TemplateBody"]
    _, _, _, region, account, _ = str(stack["StackId"]).split(":", 5)
    yield StackTemplate(
        stack=stack["StackName"],
        template=_template(body),
        place=Place(region, account),
        values=_parameters(stack),
        physical={each["LogicalResourceId"]: each["PhysicalResourceId"] for each in listed},
    )
    for each in listed:
        if each["ResourceType"] == _NESTED:
            yield from _templates(aws, each["PhysicalResourceId"])


def _template(body: Any) -> Mapping[str, Any]:
    if isinstance(body, Mapping):  # boto3 reads JSON itself
        return body  # pyright: ignore[reportUnknownVariableType]
    try:
        return json.loads(body)
    except ValueError:
        from redrive_model.template.yaml_template import read_yaml  # YAML only where it is needed

        return read_yaml(body)


def _parameters(stack: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for each in stack.get("Parameters") or ():
        value: str = each.get("ResolvedValue") or each.get("ParameterValue", "")
        found[each["ParameterKey"]] = value
    return found


class _Exports:
    """The exports of other stacks, listed at the first question."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._found: dict[str, str] | None = None

    def value(self, name: str) -> str | None:
        """Return the value of an export; `None` if there is none."""
        if self._found is None:
            listed = pages(self._aws.client("cloudformation").list_exports, "NextToken")
            self._found = {each["Name"]: each["Value"] for page in listed for each in page["Exports"]}
        return self._found.get(name)
