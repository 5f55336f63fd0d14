"""Reads event buses."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.template.template import Resource


@dataclass(frozen=True, slots=True)
class BusSpec:
    """An event bus of EventBridge.

    Attributes:
        name: Logical id, without the CDK's hash if that is unique.
        arn: ARN.
    """

    name: str
    arn: str


def read_bus(resource: Resource) -> BusSpec:
    """Read an `AWS::Events::EventBus`."""
    return BusSpec(resource.name, resource.arn)
