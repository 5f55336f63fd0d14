"""Reads a synthesized CloudFormation template and evaluates its expressions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from redrive_model.template.addresses import Addresses
from redrive_model.template.coverage import NotModelled, not_modelled
from redrive_model.template.expressions import NO_VALUE, Expressions
from redrive_model.template.names import construct_path, without_hash


class HasJson(Protocol):
    """An `aws_cdk.assertions.Template`, or any other object that can be written as a template."""

    def to_json(self) -> Mapping[str, Any]:
        """Return the template."""
        ...


#: A template: a dictionary, the path of a JSON file, or a `Template` of the CDK's assertions.
TemplateSource = Mapping[str, Any] | str | Path | HasJson


@dataclass(frozen=True, slots=True)
class Place:
    """The account and the Region of a stack.

    Attributes:
        region: Region.
        account: Account id.
    """

    region: str
    account: str


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, with every expression replaced by its value.

    Attributes:
        logical_id: Logical id.
        kind: Resource type.
        properties: Properties.
        metadata: `Metadata`, as in the template.
        path: Path of its construct, if the template contains it.
        name: Logical id without the CDK's hash, if that is unique, else with it.
        arn: ARN.
        reference: Value of `Ref`.
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
        resources: Modelled resources by logical id, without those whose condition is false.
        not_modelled: Parts that are not modelled.
        outputs: `Outputs`, as in the template.
    """

    resources: Mapping[str, Resource]
    not_modelled: tuple[NotModelled, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Return the resources of any of these types."""
        return [resource for resource in self.resources.values() if resource.kind in kinds]


def read_template(source: TemplateSource, place: Place, values: Mapping[str, Any]) -> Template:
    """Read a template and evaluate its expressions.

    Args:
        source: The template.
        place: Region and account of the stack.
        values: Values for the template's parameters.

    Raises:
        TemplateError: An expression is unknown, or a parameter has no value.
    """
    raw = _loaded(source)
    resources: Mapping[str, Any] = raw.get("Resources") or {}
    pseudo = {
        "AWS::Region": place.region,
        "AWS::AccountId": place.account,
        "AWS::Partition": _partition(place.region),
        "AWS::URLSuffix": "amazonaws.com.cn" if place.region.startswith("cn-") else "amazonaws.com",
        "AWS::StackName": "Stack",
        "AWS::StackId": f"arn:aws:cloudformation:{place.region}:{place.account}:stack/Stack/simulated",
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
