"""Collects the facts about a call from one function to another that are known at synthesis."""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.tree import path_of, place_of
from redrive_model.rules.invoker import SyncFacts

# The kinds of texts remembered about a caller: the names that it uses for its callees, and the paths of the callees
# that this app creates.
_NAME, _CALLEE = "callee-name", "callee"


def gather(caller: lambda_.IFunction, callee: lambda_.IFunction, *, caller_may_be_shorter: bool) -> SyncFacts:
    """Collect the facts about both functions."""
    of_callee = known.function_facts(callee)
    return SyncFacts(
        caller_timeout=known.function_timeout(caller),
        callee_timeout=of_callee.timeout,
        caller_may_be_shorter=caller_may_be_shorter,
        caller_region=known.text(place_of(caller).region),
        callee_region=known.text(place_of(callee).region),
        callee_concurrency=of_callee.reserved_concurrency,
        imported_callee=path_of(callee) if known.underlying(callee) is None else None,
        circle=_circle(caller, callee),
    )


def remember_call(invocation: Construct, caller: lambda_.IFunction, callee: lambda_.IFunction, name: str) -> None:
    """Refuse a name that the caller's code uses already, and remember the call for the search for circles."""
    made, called = known.underlying(caller), known.underlying(callee)
    if made is None:
        return
    if name in remembered(made, _NAME):
        raise ValueError(
            f"{path_of(invocation)}: {path_of(made)} calls another function by the name {name!r} already: its "
            f"code could not tell which Invoker({name!r}) is meant; give name=…"
        )
    remember(made, _NAME, name)
    if called is not None:
        remember(made, _CALLEE, path_of(called))


def _circle(caller: lambda_.IFunction, callee: lambda_.IFunction) -> tuple[str, ...]:
    """Return the path from the caller over the callee back to the caller, if this app's constructs create one."""
    first, second = known.underlying(caller), known.underlying(callee)
    if _unqualified(caller) == _unqualified(callee) is not None:
        return (path_of(caller), path_of(callee))
    if first is None or second is None:
        return ()
    return _way(second, path_of(first), (path_of(first),))


def _way(start: IConstruct, end: str, before: tuple[str, ...]) -> tuple[str, ...]:
    so_far = (*before, path_of(start))
    if path_of(start) == end:
        return so_far
    for path in remembered(start, _CALLEE):
        # The recursion ends, because each earlier circle was refused.
        if found := _way(_at(start.node.root, path), end, so_far):
            return found
    return ()


def _at(root: IConstruct, path: str) -> IConstruct:
    for part in path.split("/"):
        root = root.node.find_child(part)
    return root


def _unqualified(function: lambda_.IFunction) -> str | None:
    # arn:aws:lambda:region:account:function:name:qualifier
    arn = known.text(function.function_arn)
    return None if arn is None else ":".join(arn.split(":")[:7])
