"""Looks up what never changes about a construct: its path, its stack, its resource; each once.

Each question to the CDK is a message to Node.js and its answer. A consumer asks few questions about few constructs, but
from many places.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import wraps
from typing import NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary

from aws_cdk import IResource, Stack
from constructs import IConstruct, Node

C = TypeVar("C")
T = TypeVar("T")


def once(look_up: Callable[[C], T]) -> Callable[[C], T]:
    """Remember what a function answers for an object, unless that is `None`, which may change.

    A construct that the CDK created inside another one has a new Python object at each access: its answers are looked
    up again. Nothing stays in memory because of this that would leave it otherwise: jsii keeps every object.
    """
    found: MutableMapping[C, T] = WeakKeyDictionary()

    @wraps(look_up)
    def answer(object_: C) -> T:
        known = found.get(object_)
        if known is not None:
            return known
        answered = look_up(object_)
        if answered is not None:
            found[object_] = answered
        return answered

    return answer


@once
def node_of(construct: IConstruct) -> Node:
    """Return a construct's node in the tree."""
    return construct.node


@once
def path_of(construct: IConstruct) -> str:
    """Return a construct's path."""
    return node_of(construct).path


@once
def root_of(construct: IConstruct) -> IConstruct:
    """Return the root of a construct's tree, which is an app as a rule."""
    return node_of(construct).root


@once
def resource_of(construct: IConstruct) -> IConstruct | None:
    """Return a construct's main resource."""
    return node_of(construct).default_child


_STACKS: MutableMapping[IConstruct, Stack] = WeakKeyDictionary()


def stack_of(construct: IConstruct) -> Stack:
    """Return a construct's stack."""
    found = _STACKS.get(construct)
    if found is None:
        found = _STACKS[construct] = Stack.of(construct)
    return found


def made_in(scope: IConstruct, construct: C) -> C:
    """Note that a new construct is in the stack of its scope, and return the construct."""
    _STACKS[cast("IConstruct", construct)] = stack_of(scope)
    return construct


class Place(NamedTuple):
    """Account and Region as the CDK has them, possibly as tokens."""

    account: str
    region: str


@once
def place_of_stack(stack: Stack) -> Place:
    """Return account and Region of a stack."""
    return Place(stack.account, stack.region)


@once
def place_of(resource: IConstruct) -> Place:
    """Return account and Region of a resource; those of its stack, unless it is imported."""
    if resource_of(resource) is not None:
        return place_of_stack(stack_of(resource))
    env = cast("IResource", resource).env
    return Place(env.account, env.region)
