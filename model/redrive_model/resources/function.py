"""Reads functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from redrive_model import limits
from redrive_model.resources import values
from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class FunctionSpec:
    """A function.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        function_name: Name at AWS.
        arn: ARN without a qualifier.
        handler: `module.function`.
        timeout: Timeout.
        memory: Memory in MB.
        environment: Environment variables of the template.
        reserved_concurrency: Reserved concurrency, or `None`.
        dead_letter_arn: Queue or topic of its `DeadLetterConfig`.
        may_recurse: Whether Lambda allows recursive loops.
        code: Its `Code`, which identifies its asset.
        layers: ARNs of its layers.
        subnets: Ids of its subnets.
    """

    name: str
    function_name: str
    arn: str
    handler: str = "index.handler"
    timeout: float = float(limits.DEFAULT_FUNCTION_TIMEOUT)
    memory: int = limits.DEFAULT_MEMORY
    environment: Mapping[str, str] = field(default_factory=dict[str, str])
    reserved_concurrency: int | None = None
    dead_letter_arn: str | None = None
    may_recurse: bool = False
    code: Mapping[str, Any] = field(default_factory=dict[str, Any])
    layers: tuple[str, ...] = ()
    subnets: tuple[str, ...] = ()


def read_function(resource: Resource) -> FunctionSpec:
    """Read an `AWS::Lambda::Function`."""
    given = resource.properties
    environment = values.fields(values.fields(given.get("Environment")).get("Variables"))
    return FunctionSpec(
        resource.name,
        resource.reference,
        resource.arn,
        handler=str(given.get("Handler", "index.handler")),
        timeout=values.seconds(given.get("Timeout"), limits.DEFAULT_FUNCTION_TIMEOUT),
        memory=int(given.get("MemorySize", limits.DEFAULT_MEMORY)),
        environment={name: values.text(value) for name, value in environment.items()},
        reserved_concurrency=values.count(given.get("ReservedConcurrentExecutions")),
        dead_letter_arn=values.fields(given.get("DeadLetterConfig")).get("TargetArn"),
        may_recurse=given.get("RecursiveLoop") == "Allow",
        code=values.fields(given.get("Code")),
        layers=tuple(map(str, given.get("Layers") or ())),
        subnets=tuple(map(str, values.fields(given.get("VpcConfig")).get("SubnetIds") or ())),
    )
