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
        runtime: Runtime, such as `python3.13`; empty for a container image.
        own_log_group: Log group of its `LoggingConfig`.
        has_capacity_provider: Whether it runs on Lambda Managed Instances.
        tags: Keys and values of its tags.
        snap_start: Whether its published versions start from a snapshot.
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
    runtime: str = "python3.13"
    own_log_group: str | None = None
    has_capacity_provider: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    snap_start: bool = False

    @property
    def log_group(self) -> str:
        """Log group."""
        return self.own_log_group or f"/aws/lambda/{self.function_name}"

    def initialization_type(self, version: str, *, is_provisioned: bool) -> str:
        """Return the value of `AWS_LAMBDA_INITIALIZATION_TYPE`.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime

        Args:
            version: Version that runs.
            is_provisioned: Whether the version, or an alias of it, has provisioned concurrency.
        """
        if self.has_capacity_provider:
            return "lambda-managed-instances"
        if is_provisioned:
            return "provisioned-concurrency"
        return "snap-start" if self.snap_start and version != "$LATEST" else "on-demand"


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
        runtime="" if given.get("PackageType") == "Image" else str(given.get("Runtime", "python3.13")),
        own_log_group=values.fields(given.get("LoggingConfig")).get("LogGroup"),
        has_capacity_provider="CapacityProviderConfig" in given,
        tags=values.tags(given.get("Tags")),
        snap_start=values.fields(given.get("SnapStart")).get("ApplyOn") == "PublishedVersions",
        subnets=tuple(map(str, values.fields(given.get("VpcConfig")).get("SubnetIds") or ())),
    )
