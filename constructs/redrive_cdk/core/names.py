"""Generates physical names that are known at synthesis, for policies that must name a resource in advance."""

from __future__ import annotations

from hashlib import sha256

from aws_cdk import Names, Stack, UniqueResourceNameOptions
from constructs import Construct

from redrive_cdk.core.creation import invoke_static
from redrive_cdk.core.tree import once, path_of, stack_of


def unique_name(scope: Construct) -> str:
    """Return a name of at most 73 letters, digits and hyphens for a construct, the same at each synthesis.

    The hash distinguishes two deployments of one app under different stack names.
    """
    digest = sha256(f"{_name_of(stack_of(scope))}/{path_of(scope)}".encode()).hexdigest()[:8]
    options = {"max_length": 64, "separator": "-"}
    readable = invoke_static(Names, "uniqueResourceName", UniqueResourceNameOptions, scope, **options)
    return f"{readable}-{digest}"


@once
def _name_of(stack: Stack) -> str:
    while (parent := stack.nested_stack_parent) is not None:  # only the deployment knows a nested stack's name
        stack = parent
    return stack.stack_name
