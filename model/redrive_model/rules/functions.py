"""Rules for a function together with everything that invokes it."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model import limits
from redrive_model.rules.rule import Rules
from redrive_model.rules.wording import either


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """Facts about a function; `None` means not known.

    Attributes:
        reserved_concurrency: Reserved concurrency; `None` also if it is unset.
        started: Names of the mappings of queues with a maximum concurrency, and the maximum of each.
        sources: Names of the queues and streams that invoke it.
        invoked_otherwise: Whether something else may invoke it: a topic, a rule, a bucket, a permission.
        destinations: The roles of destinations that only asynchronous invocation uses: `on_failure`, `on_success`,
            `dead_letter_queue`.
        environment_known: Bytes of its environment variables that are known now.
        environment: Bytes of its environment variables with estimates for what the deployment fills in.
        layers: Number of its layers.
        out_of_reach: AWS services that its helpers call and its subnets have no way to.
    """

    reserved_concurrency: float | None = None
    started: tuple[tuple[str, float], ...] = ()
    sources: tuple[str, ...] = ()
    invoked_otherwise: bool = False
    destinations: tuple[str, ...] = ()
    environment_known: int = 0
    environment: int = 0
    layers: int = 0
    out_of_reach: tuple[str, ...] = ()


_SMALLER = (
    "connect sources to functions of their own (a source takes about 500 bytes), use shorter names, or read your own "
    "values from Parameter Store or AppConfig"
)


def environment_fits(facts: FunctionFacts) -> str | None:
    """All environment variables of a function have 4 KB together.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    if facts.environment_known <= limits.LARGEST_ENVIRONMENT:
        return None
    return (
        f"the environment variables have {facts.environment_known:,} bytes or more: Lambda takes "
        f"{limits.LARGEST_ENVIRONMENT:,} together; {_SMALLER}"
    )


def environment_will_fit(facts: FunctionFacts) -> str | None:
    """Names and ARNs that the deployment makes count as well.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    if facts.environment <= limits.LARGEST_ENVIRONMENT or facts.environment_known > limits.LARGEST_ENVIRONMENT:
        return None
    return (
        f"the environment variables will have about {facts.environment:,} bytes: Lambda takes "
        f"{limits.LARGEST_ENVIRONMENT:,} together and may refuse them; {_SMALLER}"
    )


def layers_fit(facts: FunctionFacts) -> str | None:
    """A function has at most 5 layers.

    https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html
    """
    if facts.layers <= limits.MOST_LAYERS:
        return None
    return (
        f"{facts.layers} layers: a function has at most {limits.MOST_LAYERS}; put the redrive package into the "
        f"function's own code{either(' and give attach_layer=False', '')}, or merge layers"
    )


def concurrency_is_shared(facts: FunctionFacts) -> str | None:
    """The reserve should cover the maximum concurrency of all mappings together.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
    """
    reserved, total = facts.reserved_concurrency, sum(most for _, most in facts.started)
    if not reserved or len(facts.started) < 2 or total <= reserved:
        return None
    parts = " + ".join(f"{most:,} of {name}" for name, most in facts.started)
    return (
        f"the maximum concurrency of its mappings, {parts} = {total:,}, is above the function's reserved "
        f"concurrency of {reserved:,}: batches beyond it are throttled, and spend their messages' receives; "
        f"reserve {total:,}, or give the mappings less"
    )


def destinations_are_used(facts: FunctionFacts) -> str | None:
    """Only asynchronous invocation uses a function's dead-letter queue and destinations.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    if not facts.destinations or not facts.sources or facts.invoked_otherwise:
        return None
    return (
        f"{' and '.join(facts.destinations)} of a function that {', '.join(facts.sources)} invokes: Lambda uses it for "
        "asynchronous invocation only, and failed messages or records of these sources never get there; give the queue "
        "a redrive policy, or the stream's mapping an on-failure destination, or acknowledge this if the function is "
        "invoked asynchronously as well"
    )


def services_are_in_reach(facts: FunctionFacts) -> str | None:
    """A function in subnets without a route to the internet reaches AWS's services through VPC endpoints only.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc-internet.html
    """
    if not facts.out_of_reach:
        return None
    services = ", ".join(facts.out_of_reach)
    return (
        f"the function's subnets have no route to the internet and no endpoint for {services}, which its helpers call: "
        f"each call waits for its time limit and fails; give the VPC endpoints for {services}, or subnets with a NAT "
        "gateway"
    )


FUNCTION_RULES: Rules[FunctionFacts] = Rules(
    "function",
    undeployable=(environment_fits, layers_fit),
    warnings={
        "redrive:environment-size": environment_will_fit,
        "redrive:shared-concurrency": concurrency_is_shared,
        "redrive:unused-destination": destinations_are_used,
        "redrive:no-endpoint": services_are_in_reach,
    },
)
