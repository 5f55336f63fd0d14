"""Checks the stacks, Regions and accounts of a consumer's parts."""

from __future__ import annotations

from collections.abc import Iterator

from aws_cdk import IResource, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.tree import Place, path_of, place_of, place_of_stack, resource_of, stack_of
from redrive_model.template.arns import Elsewhere, elsewhere


def refuse_circle(consumer: Construct, needs: IConstruct, needed: IConstruct, remedy: str) -> None:
    """Raise ValueError if two stacks would depend on each other, which cannot be deployed.

    The consumer always depends on `needs`: its function, or a queue that the user passed. If `needs` must depend on
    `needed`, and `needed` shares a stack with the consumer but not with `needs`, the dependencies form a circle. Nested
    stacks count, because CloudFormation deploys each as a whole.
    """
    if stack_of(consumer) is stack_of(needs):
        return
    if (set(_stacks_around(consumer)) & set(_stacks_around(needed))) - set(_stacks_around(needs)):
        raise ValueError(
            f"{path_of(needs)} belongs to another stack than {path_of(consumer)}, and would need {path_of(needed)} "
            f"of that one: the two stacks would depend on each other; {remedy}"
        )


def refuse_circle_with(
    consumer: Construct, function: lambda_.IFunction, *needed: IConstruct | None, remedy: str
) -> None:
    """Call `refuse_circle` for a function and each resource that it must depend on, if this app creates both."""
    made = known.underlying(function)
    if made is None or _is_beside(made, consumer) or stack_of(consumer) is stack_of(made):  # the usual case
        return
    for each in needed:
        if each is not None and resource_of(each) is not None:
            refuse_circle(consumer, made, each, remedy)


def _is_beside(made: lambda_.Function, consumer: Construct) -> bool:
    """Return whether a function is known to be in the consumer's stack, as its path says; note the stack then."""
    around, stack = path_of(made).rpartition("/")[0], stack_of(consumer)
    is_beside = around in (path_of(stack), path_of(consumer).rpartition("/")[0])
    if is_beside:
        stack_of.note(made, stack)
    return is_beside


def _stacks_around(construct: IConstruct) -> Iterator[str]:
    stack: Stack | None = stack_of(construct)
    while stack is not None:
        yield path_of(stack)
        stack = stack.nested_stack_parent


def apart(there: Place, here: Place) -> Elsewhere | None:
    """Return what two places have not in common, as far as they are known."""
    one, other = ((known.text(each.account), known.text(each.region)) for each in (there, here))
    return elsewhere(one, other)


def place_elsewhere(there: IConstruct, here: IConstruct) -> Elsewhere | None:
    """Return what the places of two resources have not in common, as far as they are known."""
    return apart(place_of(there), place_of(here))


def is_elsewhere(construct: IConstruct, resource: IResource) -> bool:
    """Return whether a resource is known to be in another account or Region than a construct."""
    return apart(place_of(resource), place_of_stack(stack_of(construct))) is not None


def is_arn_elsewhere(construct: IConstruct, arn: str) -> bool:
    """Return whether an ARN is known to name another account or Region than a construct's.

    For an imported table, the CDK knows only the importing stack, while the ARN of its stream says more.
    """
    here, text = place_of_stack(stack_of(construct)), known.text(arn)
    if text is None:
        return False
    region, account = text.split(":")[3:5]
    return apart(Place(account, region), here) is not None
