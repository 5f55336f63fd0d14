"""Lambda keeps one configuration for asynchronous invocation of a qualifier: a second one is refused.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from __future__ import annotations

import json

from aws_cdk import Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk import known
from redrive_cdk.notes import note, notes
from redrive_cdk.qualifiers import LATEST, Qualified

_KIND = "event-invoke-config"

# Where the CDK puts its own, for a function's `retry_attempts`, `on_failure` and so on, and for
# `configure_async_invoke`. It refuses to where something of that name is already.
_CDKS_ID = "EventInvokeConfig"


def refuse_second(invocation: Construct, function: lambda_.IFunction, target: Qualified) -> None:
    """Refuse a second configuration of one qualifier, this one now and those to come.

    Args:
        invocation: The construct that configures it.
        function: The function, version or alias.
        target: Its name and qualifier.

    Raises:
        ValueError: It is configured already.
    """
    whole = known.underlying(function) if target.qualifier == LATEST else None
    configured: IConstruct = whole or function
    stack = Stack.of(configured)
    # Of the stack, since one imported function may be there more than once, under several ids.
    names = notes(stack, _KIND)
    name = json.dumps([stack.resolve(target.name), target.qualifier])
    if name in names or configured.node.try_find_child(_CDKS_ID) is not None:
        qualifier = known.text(target.qualifier)
        which = {LATEST: "it", None: "each version"}.get(qualifier, f"its qualifier {qualifier}")
        raise ValueError(
            f"{invocation.node.path}: {function.node.path} has a configuration for asynchronous invocation already, "
            f"and Lambda keeps one for {which}: set all of it in one place"
        )
    note(stack, _KIND, name)
    if isinstance(configured, Construct):  # what is imported may be no place for others, and takes no configuration
        Construct(configured, _CDKS_ID)
