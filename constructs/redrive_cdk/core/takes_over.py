"""Keeps the logical id of a deployed resource, so that CloudFormation updates that one instead of making another."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

from aws_cdk import CfnElement
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.apply import apply
from redrive_cdk.core.final_values import derive_finally
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.tree import node_of, path_of, resource_of, stack_of
from redrive_model.rules.takeover import TAKE_OVER_RULES, TakeOverFacts
from redrive_model.template.names import without_default_child


def take_over(construct: Construct, made: IConstruct, facts: TakeOverFacts) -> None:
    """Give what a construct has made the logical id of a deployed resource; raise ValueError if that cannot work."""
    resource = made if isinstance(made, CfnElement) else resource_of(made)
    assert isinstance(resource, CfnElement)
    stack, kind = stack_of(resource), f"takes-over-{facts.logical_id}"
    apply(construct, TAKE_OVER_RULES, replace(facts, taken_by=next(iter(remembered(stack, kind)), None)))
    remember(stack, kind, path_of(construct))
    resource.override_logical_id(facts.logical_id)
    derive_finally(construct, lambda: _refuse_taken(construct, resource, facts))


def _refuse_taken(construct: Construct, resource: CfnElement, facts: TakeOverFacts) -> None:
    """Raise ValueError if something else in the stack has the logical id, when nothing is added any more."""
    for each in node_of(stack_of(resource)).find_all():
        if CfnElement.is_cfn_element(each) and not known.is_one(each, resource):
            element = cast("CfnElement", each)
            has_id = stack_of(each).resolve(element.logical_id) == facts.logical_id
            if has_id and path_of(stack_of(each)) == path_of(stack_of(resource)):
                taken_by = without_default_child(path_of(each))
                apply(construct, TAKE_OVER_RULES, replace(facts, taken_by=taken_by))
