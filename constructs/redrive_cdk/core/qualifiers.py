"""Splits a function, version or alias into the function behind it, its name and its qualifier."""

from __future__ import annotations

from typing import Any, NamedTuple

from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from redrive.settings import NUMBERED_VERSION
from redrive_cdk.core import known
from redrive_cdk.core.tree import node_of, once, place_of, resource_of, stack_of

LATEST = "$LATEST"


class Qualified(NamedTuple):
    """Name and qualifier of a function, version or alias, as Lambda's API expects them.

    Attributes:
        name: The function's name.
        qualifier: The alias' name, the version's number, or `"$LATEST"` for the function itself.
        in_settings: The qualifier for the function's environment, which cannot contain a version's number: the number
            is not known before the version is published.
    """

    name: str
    qualifier: str
    in_settings: str


@once
def qualified(function: lambda_.IFunction) -> Qualified:
    """Return the name and the qualifier of a function, version or alias, created here or imported."""
    if isinstance(function, lambda_.Function):
        return Qualified(function.function_name, LATEST, LATEST)
    # Checks attributes: an imported version or alias has no Python class to test for.
    found: Any = function
    if hasattr(found, "alias_name"):
        return Qualified(found.version.lambda_.function_name, found.alias_name, found.alias_name)
    if hasattr(found, "version") and hasattr(found, "lambda_"):
        return Qualified(found.lambda_.function_name, found.version, _in_settings(found.version))
    named = known.named_by(function.function_arn)
    if isinstance(named, lambda_.CfnAlias):
        return Qualified(function.function_name, named.name, named.name)
    if isinstance(named, lambda_.CfnVersion):
        return Qualified(function.function_name, named.attr_version, NUMBERED_VERSION)
    arn = known.text(function.function_arn)
    # arn:aws:lambda:region:account:function:name:qualifier
    qualifier = LATEST if arn is None else ":".join(arn.split(":")[7:]) or LATEST
    return Qualified(function.function_name, qualifier, NUMBERED_VERSION if qualifier.isdecimal() else qualifier)


def _in_settings(version: str) -> str:
    return LATEST if version == LATEST else NUMBERED_VERSION


def is_same_function(one: lambda_.IFunction, other: lambda_.IFunction) -> bool:
    """Return `True` if both are one function, or versions and aliases of one, as far as is known."""
    first, second = _resource_behind(one), _resource_behind(other)
    if first is not None or second is not None:
        return known.is_one(first, second)
    places = [place_of(function) for function in (one, other)]
    elsewhere = any(None not in map(known.text, pair) and len(set(pair)) > 1 for pair in zip(*places, strict=True))
    names = [stack_of(function).resolve(qualified(function).name) for function in (one, other)]
    return names[0] == names[1] and not elsewhere


def _resource_behind(function: lambda_.IFunction) -> IConstruct | None:
    """Return the function's resource if this app creates it, even if the function was imported by its ARN."""
    made = known.underlying(function)
    named = known.named_by(function.function_arn) if made is None else None
    around: Any = None if named is None else node_of(named).scope
    if isinstance(around, (lambda_.Alias, lambda_.Version)):
        made = known.underlying(around)  # pyright: ignore[reportArgumentType]  # https://github.com/aws/jsii/issues/4541
    if made is not None:
        return resource_of(made)
    return named if isinstance(named, lambda_.CfnFunction) else None
