"""Collects the facts about asynchronous invocation that are known at synthesis."""

from __future__ import annotations

from typing import cast

from aws_cdk import Duration
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.destinations import is_fifo, kind_in_role
from redrive_cdk.core.qualifiers import is_same_function
from redrive_cdk.core.tree import place_of, place_of_stack, stack_of
from redrive_cdk.core.types import AnyDestination
from redrive_model import limits
from redrive_model.facts.asynchronous import AsyncFacts
from redrive_model.schedules.asynchronous import bridged_by, last_attempt
from redrive_model.template.arns import Kind


def gather(
    invocation: Construct,
    function: lambda_.IFunction,
    *,
    retry_attempts: int | None,
    max_event_age: Duration | None,
    **roles: AnyDestination | None,
) -> AsyncFacts:
    """Collect the facts about a configuration.

    Raises:
        ValueError: A given destination is of no kind that Lambda delivers to.
    """
    given = {role: destination for role, destination in roles.items() if destination is not None}
    kinds: dict[str, Kind] = {role: kind_in_role(invocation, role, destination) for role, destination in given.items()}
    of_function = known.function_facts(function)
    retries = known.number(retry_attempts, limits.ASYNC_RETRIES.most)
    age = limits.EVENT_AGE.most if max_event_age is None else known.seconds(max_event_age)
    attempts = last_attempt(retries, age)
    return AsyncFacts(
        sets_something=bool(given) or retry_attempts is not None or max_event_age is not None,
        retry_attempts=retries,
        max_event_age=age,
        last_attempt=attempts,
        bridged=bridged_by(attempts),
        on_success=kinds.get("on_success"),
        on_failure=kinds.get("on_failure"),
        dead_letter_queue=kinds.get("dead_letter_queue"),
        fifo=tuple(
            (role, cast("IConstruct", destination).node.path)
            for role, destination in given.items()
            if is_fifo(destination)
        ),
        own_destination=tuple(
            role
            for role, destination in given.items()
            if kinds[role] == "function" and is_same_function(function, cast("lambda_.IFunction", destination))
        ),
        function_timeout=of_function.timeout,
        reserved_concurrency=of_function.reserved_concurrency,
        region=known.text(place_of_stack(stack_of(invocation)).region),
        function_region=known.text(place_of(function).region),
    )
