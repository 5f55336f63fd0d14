"""Looks up what never changes about a construct: its path, its stack, its resource; each once.

Each question to the CDK is a message to Node.js and its answer. A consumer asks few questions about few constructs, but
from many places.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping
from functools import update_wrapper
from typing import Any, Generic, NamedTuple, TypeVar, cast
from weakref import WeakKeyDictionary

from aws_cdk import IResource, Stack, Stage
from constructs import IConstruct, Node

C = TypeVar("C")
T = TypeVar("T")


class once(Generic[C, T]):  # noqa: N801  # a decorator
    """Remember what a function answers for an object, unless that is `None`, which may change.

    A construct that the CDK created inside another one has a new Python object at each access: its answers are looked
    up again. Nothing stays in memory because of this that would leave it otherwise: jsii keeps every object.
    """

    def __init__(self, look_up: Callable[[C], T]) -> None:
        self._look_up = look_up
        self._found: MutableMapping[C, T] = WeakKeyDictionary()
        update_wrapper(self, look_up)

    def __call__(self, asked: C) -> T:
        """Return the answer for an object."""
        try:
            found = self._found.get(asked)
        except TypeError:  # an argument of another type, which will be refused
            return self._look_up(asked)
        if found is None:
            found = self._look_up(asked)
            self.note(asked, found)
        return found

    def note(self, asked: C, found: T) -> None:
        """Note the answer for an object."""
        if found is not None:
            self._found[asked] = found


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
def synthesized_with(stack: Stack) -> IConstruct:
    """Return the stage or the app whose stacks are synthesized together with a stack: a stage is before its app."""
    return Stage.of(stack) or root_of(stack)


@once
def resource_of(construct: IConstruct) -> IConstruct | None:
    """Return a construct's main resource."""
    return node_of(construct).default_child


@once
def stack_of(construct: IConstruct) -> Stack:
    """Return a construct's stack."""
    return Stack.of(construct)


@once
def physical_name_of(resource: Any) -> str:
    """Return the name that the deployment gives a bucket, a stream or a table."""
    return next(name for each in ("bucket", "stream", "table") if (name := getattr(resource, f"{each}_name", None)))


def note_place(construct: IConstruct, scope: IConstruct, id: str) -> None:
    """Note path, stack, account and Region of a construct that was created in a scope; nobody has to look them up."""
    # The CDK replaces slashes in ids: https://docs.aws.amazon.com/cdk/v2/guide/identifiers.html
    path_of.note(construct, "/".join(filter(None, (path_of(scope), id.replace("/", "--")))))
    stack = stack_of(scope)
    stack_of.note(construct, stack)
    place_of.note(construct, place_of_stack(stack))


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
