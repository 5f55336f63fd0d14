"""Deployed stacks."""

from __future__ import annotations

import json
from typing import Any

from botocore.exceptions import ClientError


class FakeCloudFormation:
    def __init__(self, world: Any) -> None:
        self._world = world
        self.stacks: dict[str, dict[str, Any]] = {}
        self.exports: dict[str, str] = {}

    def create(self, name: str, template: dict[str, Any], physical: dict[str, str], **parameters: str) -> None:
        self.stacks[name] = {"template": template, "physical": physical, "parameters": parameters}

    def describe_stacks(self, StackName: str | None = None) -> dict[str, Any]:
        names = list(self.stacks) if StackName is None else [self._name(StackName)]
        return {"Stacks": [self._described(name) for name in names]}

    def get_template(self, StackName: str, TemplateStage: str) -> dict[str, Any]:
        stack = self.stacks[self._name(StackName)]
        return {"TemplateBody": stack.get("yaml") or json.loads(json.dumps(stack["template"]))}

    def list_stack_resources(self, StackName: str, NextToken: str | None = None) -> dict[str, Any]:
        stack = self.stacks[self._name(StackName)]
        resources = stack["template"]["Resources"]
        listed = [
            {
                "LogicalResourceId": id,
                "PhysicalResourceId": physical,
                "ResourceType": resources[id]["Type"],
                "ResourceStatus": "CREATE_COMPLETE",
            }
            for id, physical in stack["physical"].items()
        ]
        half = (len(listed) + 1) // 2  # two pages
        if NextToken is None and listed[half:]:
            return {"StackResourceSummaries": listed[:half], "NextToken": "2"}
        return {"StackResourceSummaries": listed if NextToken is None else listed[half:]}

    def list_exports(self) -> dict[str, Any]:
        return {"Exports": [{"Name": name, "Value": value} for name, value in self.exports.items()]}

    def _described(self, name: str) -> dict[str, Any]:
        return {
            "StackName": name,
            "StackId": f"arn:aws:cloudformation:eu-west-1:111111111111:stack/{name}/1",
            "StackStatus": "CREATE_COMPLETE",
            "Parameters": [
                {"ParameterKey": key, "ParameterValue": value} for key, value in self.stacks[name]["parameters"].items()
            ],
        }

    def _name(self, given: str) -> str:
        name = given.split("/")[1] if given.startswith("arn:") else given
        if name not in self.stacks:
            error: Any = {"Code": "ValidationError", "Message": f"Stack with id {name} does not exist"}
            raise ClientError({"Error": error}, "DescribeStacks")
        return name
