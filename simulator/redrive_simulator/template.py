"""A synthesized CloudFormation template, read into what the simulation sets up."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from redrive_simulator.coverage import NotModelled, not_modelled
from redrive_simulator.expressions import NO_VALUE, Expressions
from redrive_simulator.names import construct_path, without_hash
from redrive_simulator.parameters import Parameters
from redrive_simulator.template_addresses import Addresses


class HasJson(Protocol):
    """An `aws_cdk.assertions.Template`, or anything else that can be written as a template."""

    def to_json(self) -> Mapping[str, Any]:
        """The template."""
        ...


#: A template: as a dictionary, as a file of JSON, or as the CDK's assertions have it.
TemplateSource = Mapping[str, Any] | str | Path | HasJson


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, with every expression replaced by its value.

    Attributes:
        logical_id: Its logical id.
        kind: Its type.
        properties: Its properties.
        metadata: Its `Metadata`, as in the template.
        path: The path of its construct, if the template says it.
        name: Its logical id without the CDK's hash, where no other resource has the same.
        arn: Its ARN.
        reference: What `Ref` gives.
    """

    logical_id: str
    kind: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, Any]
    path: str | None
    name: str
    arn: str
    reference: str


@dataclass(frozen=True, slots=True)
class Template:
    """A template without expressions.

    Attributes:
        resources: By logical id; those whose condition does not hold are left out.
        not_modelled: What is not simulated.
        outputs: The template's outputs.
    """

    resources: Mapping[str, Resource]
    not_modelled: tuple[NotModelled, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def of_kind(self, *kinds: str) -> list[Resource]:
        """The resources of a type.

        Args:
            *kinds: Types.
        """
        return [resource for resource in self.resources.values() if resource.kind in kinds]


def read_template(source: TemplateSource, parameters: Parameters, values: Mapping[str, Any]) -> Template:
    """Read a template.

    Args:
        source: The template.
        parameters: Region and account.
        values: For the template's parameters.

    Returns:
        The template without expressions.

    Raises:
        TemplateError: An expression is not known, or a parameter has no value.
    """
    raw = _loaded(source)
    resources: Mapping[str, Any] = raw.get("Resources") or {}
    pseudo = {
        "AWS::Region": parameters.region,
        "AWS::AccountId": parameters.account,
        "AWS::Partition": _partition(parameters.region),
        "AWS::URLSuffix": "amazonaws.com.cn" if parameters.region.startswith("cn-") else "amazonaws.com",
        "AWS::StackName": "Stack",
        "AWS::StackId": f"arn:aws:cloudformation:{parameters.region}:{parameters.account}:stack/Stack/simulated",
        "AWS::NotificationARNs": "",
    }
    addresses = Addresses(resources, pseudo)
    expressions = Expressions(raw, pseudo, values, addresses.reference, addresses.attribute)
    addresses.expressions = expressions
    present = {
        logical_id: resource
        for logical_id, resource in resources.items()
        if "Condition" not in resource or expressions.holds(resource["Condition"])
    }
    short = [without_hash(logical_id) for logical_id in present]
    read: dict[str, Resource] = {}
    missing: list[NotModelled] = []
    for logical_id, resource in present.items():
        lacking = not_modelled(logical_id, resource)
        missing += lacking
        if resource["Type"] not in addresses.KINDS:
            continue
        properties = expressions.value(resource.get("Properties") or {})
        name = without_hash(logical_id)
        metadata: Mapping[str, Any] = resource.get("Metadata") or {}
        read[logical_id] = Resource(
            logical_id,
            resource["Type"],
            {} if properties is NO_VALUE else properties,
            metadata,
            construct_path(metadata),
            name if short.count(name) == 1 else logical_id,
            addresses.arn(logical_id),
            addresses.reference(logical_id),
        )
    return Template(read, tuple(missing), raw.get("Outputs") or {})


def _loaded(source: TemplateSource) -> Mapping[str, Any]:
    if isinstance(source, Mapping):
        return source
    if isinstance(source, (str, Path)):
        return json.loads(Path(source).read_text(encoding="utf-8"))
    return source.to_json()


def _partition(region: str) -> str:
    for start, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(start):
            return partition
    return "aws"


def stable_uuid(text: str) -> str:
    """A UUID that is always the same for the same text."""
    digits = hashlib.sha256(text.encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"
