"""A function, version or alias taken apart: the function behind it, its name and the qualifier."""

from __future__ import annotations

from typing import Any, NamedTuple

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import IConstruct

from redrive.settings import NUMBERED_VERSION
from redrive_cdk import known

LATEST = "$LATEST"


class Qualified(NamedTuple):
    """What Lambda's API takes to name a function, a version or an alias.

    Attributes:
        name: The function's name.
        qualifier: The alias' name, the version's number, or `"$LATEST"` for the function itself.
        in_settings: The qualifier as the function's environment can name it: that of a version is not known before it
            is published.
    """

    name: str
    qualifier: str
    in_settings: str


def qualified(function: lambda_.IFunction) -> Qualified:
    """The name and the qualifier of a function, version or alias.

    Args:
        function: Any of these, made here or imported.

    Returns:
        Both.
    """
    # By attributes: an imported version or alias is an object of no class that could be asked for.
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
    """Whether two are one function, or versions and aliases of one, as far as can be known.

    Args:
        one: A function, version or alias, made here or imported.
        other: Another.

    Returns:
        Whether they are.
    """
    first, second = _resource_behind(one), _resource_behind(other)
    if first is not None or second is not None:
        return known.is_one(first, second)
    places = [(function.env.account, function.env.region) for function in (one, other)]
    elsewhere = any(None not in map(known.text, pair) and len(set(pair)) > 1 for pair in zip(*places, strict=True))
    names = [Stack.of(function).resolve(qualified(function).name) for function in (one, other)]
    return names[0] == names[1] and not elsewhere


def _resource_behind(function: lambda_.IFunction) -> IConstruct | None:
    """The function's resource, if this app makes it; also where it was imported by the ARN of what this app makes."""
    made = known.underlying(function)
    named = known.named_by(function.function_arn) if made is None else None
    around: Any = None if named is None else named.node.scope
    if isinstance(around, (lambda_.Alias, lambda_.Version)):
        made = known.underlying(around)  # pyright: ignore[reportArgumentType]  # https://github.com/aws/jsii/issues/4541
    if made is not None:
        return known.resource_of(made)
    return named if isinstance(named, lambda_.CfnFunction) else None
