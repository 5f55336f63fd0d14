"""Keeps the logical id of a deployed resource, so that CloudFormation updates that one instead of making another."""

from __future__ import annotations

from aws_cdk import CfnElement
from constructs import Construct, IConstruct

from redrive_cdk.core.apply import apply
from redrive_cdk.core.tree import resource_of
from redrive_model.rules.takeover import TAKE_OVER_RULES, TakeOverFacts


def take_over(construct: Construct, made: IConstruct, facts: TakeOverFacts) -> None:
    """Give what a construct has made the logical id of a deployed resource; raise ValueError if that cannot work."""
    apply(construct, TAKE_OVER_RULES, facts)
    resource = made if isinstance(made, CfnElement) else resource_of(made)
    assert isinstance(resource, CfnElement)
    resource.override_logical_id(facts.logical_id)
