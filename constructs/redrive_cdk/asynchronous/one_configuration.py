"""Refuses a second configuration for asynchronous invocation of one qualifier, since Lambda keeps only one.

https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-configuring.html
"""

from __future__ import annotations

import json

from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.qualifiers import LATEST, Qualified
from redrive_cdk.core.tree import node_of, path_of, stack_of

_KIND = "event-invoke-config"

# The id of the CDK's own configuration, for a function's `retry_attempts`, `on_failure` and so on, and for
# `configure_async_invoke`. The CDK raises an error if the function has a child with this id.
_CDKS_ID = "EventInvokeConfig"


def refuse_second(invocation: Construct, function: lambda_.IFunction, target: Qualified) -> None:
    """Refuse a second configuration of one qualifier, whether it is this one or comes later.

    Raises:
        ValueError: The qualifier is configured already.
    """
    whole = known.underlying(function) if target.qualifier == LATEST else None
    configured: IConstruct = whole or function
    stack = stack_of(configured)
    # Remembered on the stack, because one imported function may be in it several times, under several ids.
    names = remembered(stack, _KIND)
    name = json.dumps([stack.resolve(target.name), target.qualifier])
    if name in names or node_of(configured).try_find_child(_CDKS_ID) is not None:
        qualifier = known.text(target.qualifier)
        which = {LATEST: "it", None: "each version"}.get(qualifier, f"its qualifier {qualifier}")
        raise ValueError(
            f"{path_of(invocation)}: {path_of(function)} has a configuration for asynchronous invocation already, "
            f"and Lambda keeps one for {which}: set all of it in one place"
        )
    remember(stack, _KIND, name)
    if isinstance(configured, Construct):  # an imported object may take no children and no configuration
        Construct(configured, _CDKS_ID)
