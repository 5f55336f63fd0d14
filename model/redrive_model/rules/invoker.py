"""Checks synchronous invocation of one function by another: refuses what cannot work, warns of what is risky."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.rules.rule import Rules, differ


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncFacts:
    """Facts about caller and callee. Times are in seconds; `None` means not known or not set.

    Attributes:
        caller_timeout: The caller's timeout.
        callee_timeout: The callee's timeout.
        caller_may_be_shorter: Whether the user allows a caller's timeout below the callee's.
        caller_region: The caller's Region.
        callee_region: The callee's Region.
        callee_concurrency: The callee's reserved concurrency.
        imported_callee: The callee's path if this app does not create it.
        circle: The paths of the functions by which the caller would call itself, from the caller to the caller.
    """

    caller_timeout: float | None = None
    callee_timeout: float | None = None
    caller_may_be_shorter: bool = False
    caller_region: str | None = None
    callee_region: str | None = None
    callee_concurrency: float | None = None
    imported_callee: str | None = None
    circle: tuple[str, ...] = ()


def no_circle(facts: SyncFacts) -> str | None:
    """Each caller needs its callee's ARN, so a circle cannot be deployed; Lambda stops such loops, too.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
    """
    if not facts.circle:
        return None
    return (
        f"{' calls '.join(facts.circle)}: each needs the address of the next, so that none can be deployed first, and "
        "Lambda stops functions that call themselves in a loop; let the callee return what the caller needs, or go on "
        "through a queue"
    )


def caller_outlasts_callee(facts: SyncFacts) -> str | None:
    """A caller that times out first loses the answer and pays for the time it waited.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
    """
    caller, callee = facts.caller_timeout, facts.callee_timeout
    if caller is None or callee is None or caller >= callee or facts.caller_may_be_shorter:
        return None
    compared = f"the caller's timeout of {caller:,} s is below the callee's of {callee:,} s"
    return _loses_the_answer(compared, callee, "caller_may_be_shorter=True if that is meant")


def _loses_the_answer(compared: str, callee: float, exception: str) -> str:
    return (
        f"{compared}: Lambda would end the caller while the callee is still at work, and its answer would be lost; "
        f"give the caller more than {callee:,} s, the callee less, or {exception}"
    )


def same_region(facts: SyncFacts) -> str | None:
    """Lambda's API reaches functions of its own Region only, and the helper calls it in the caller's Region."""
    caller, callee = facts.caller_region, facts.callee_region
    if not differ(caller, callee):
        return None
    return (
        f"the caller is in {caller} and the callee in {callee}: Lambda's API reaches functions of its own Region only; "
        f"give a callee of {caller}"
    )


def callee_may_run(facts: SyncFacts) -> str | None:
    """With a reserved concurrency of 0, Lambda throttles every call.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    if facts.callee_concurrency != 0:
        return None
    return (
        "the callee's reserved concurrency is 0: Lambda throttles every call, and the caller tries in vain until its "
        "time is up; reserve 1 or more, or none"
    )


def callee_is_made_here(facts: SyncFacts) -> str | None:
    """The timeout and the concurrency of a function of another app are not known."""
    if facts.imported_callee is None:
        return None
    return (
        f"{facts.imported_callee} is imported, or of a kind that hides its function: its timeout is not known and was "
        "not compared with the caller's, so that the helper waits for an answer as long as any function may run (900 "
        "s). See to it that the caller's timeout is above it, or override _create_settings to name it"
    )


SYNC_RULES: Rules[SyncFacts] = Rules(
    "sync",
    undeployable=(no_circle,),
    unsafe=(same_region, caller_outlasts_callee),
    warnings={
        "redrive:no-concurrency": callee_may_run,
        "redrive:imported-callee": callee_is_made_here,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallFacts:
    """Facts about a call as a template has it. Times are in seconds; `None` means not known or not set.

    Attributes:
        caller: Name of the caller.
        callee: Name of the callee.
        caller_timeout: The caller's timeout.
        callee_timeout: The callee's timeout.
        told_timeout: The callee's timeout in the settings of the caller's `Invoker`.
    """

    caller: str = "the caller"
    callee: str = "the callee"
    caller_timeout: float | None = None
    callee_timeout: float | None = None
    told_timeout: float | None = None


def callee_timeout_is_told(facts: CallFacts) -> str | None:
    """`Invoker` waits for an answer as long as it was told that the callee may run, and then gives the call up.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
    """
    told, actual = facts.told_timeout, facts.callee_timeout
    if told is None or actual is None or told >= actual:
        return None
    return (
        f"{facts.callee} may run for {actual:,} s, and {facts.caller} was told {told:,} s: its Invoker would give the "
        "answer up before; set the timeout on the function, not as an override in its template, or pass the settings "
        "by hand"
    )


def caller_waits_for_callee(facts: CallFacts) -> str | None:
    """A caller that times out first loses the answer and pays for the time it waited.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-sync.html
    """
    caller, callee = facts.caller_timeout, facts.callee_timeout
    if caller is None or callee is None or caller >= callee:
        return None
    compared = (
        f"the timeout of {facts.caller}, {caller:,} s, is below that of {facts.callee}, {callee:,} s, which it calls"
    )
    return _loses_the_answer(compared, callee, "acknowledge this if it is meant")


#: For templates, which do not say whether a shorter caller is meant.
CALL_RULES: Rules[CallFacts] = Rules(
    "call", unsafe=(callee_timeout_is_told,), warnings={"redrive:shorter-caller": caller_waits_for_callee}
)
