"""What becomes of an event source mapping while a circuit is open, and after that: pure functions."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from redrive.circuit_state import CircuitState, CircuitStatus

#: What to do with a mapping. `pause`: note that the switch pauses it, and disable it. `resume`: enable it. `forget`:
#: take the note away. `later`: Lambda is changing it, and refuses other changes until it has. `nothing`: all is well.
SwitchStep: TypeAlias = Literal["pause", "resume", "forget", "later", "nothing"]

#: Seconds. An open time that ends later needs no timer yet: the check of each minute comes at least once more.
TIMER_WITHIN = 120
#: How often one timer may follow from another. Lambda takes about 16 for a loop, and stops it:
#: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
MOST_TIMERS = 6

_CHANGING = ("Creating", "Enabling", "Disabling", "Updating")


class MappingState(NamedTuple):
    """An event source mapping, as Lambda has it.

    Attributes:
        state: `Creating`, `Enabling`, `Enabled`, `Disabling`, `Disabled`, `Updating` or `Deleting`; see
            https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html.
        is_paused: Whether the switch has noted that it is the one that disabled it, or was about to.
    """

    state: str
    is_paused: bool


def decide(status: CircuitStatus | None, mapping: MappingState) -> SwitchStep:
    """What to do with a mapping next.

    It is paused while the circuit is open, and at no other time: when the circuit is half-open, a probe needs something
    to do. What is not known counts as closed, since a circuit whose state nobody can read lets calls through.

    One that is disabled without the note was disabled by somebody else, and stays so. The note is made before the
    mapping is disabled, and taken away when it is enabled again, so that whatever stops the switch in between, the next
    run goes on from there.

    Args:
        status: What the circuit is; `None` where that is not known.
        mapping: The mapping.

    Returns:
        The step.
    """
    state, is_paused = mapping
    if status == "open":
        if state == "Enabled":
            return "pause"
        # One that is being created or updated may end as either.
        return "later" if state in _CHANGING and state != "Disabling" else "nothing"
    if not is_paused or state == "Deleting":
        return "nothing"
    if state in _CHANGING:
        return "later"
    return "forget" if state == "Enabled" else "resume"


def due_in(state: CircuitState, now: float) -> int | None:
    """In how many whole seconds the open time is over, if that is soon enough for a timer.

    The item says `open` until a probe starts, and none can while nothing is polled: nobody tells when the time is over.

    Args:
        state: The circuit's state.
        now: Seconds since the epoch.

    Returns:
        Seconds, 1 or more; `None` where the circuit is not open, or the check of each minute comes before.
    """
    if state.status(now) != "open":
        return None
    assert state.open_until is not None  # or it would be closed
    seconds = max(1, math.ceil(state.open_until - now))
    return seconds if seconds <= TIMER_WITHIN else None


def again_in(timers: int) -> int | None:
    """In how many seconds to look again at what Lambda is still changing.

    Args:
        timers: How many timers have followed from each other so far.

    Returns:
        2, 4, 8, 16, 32 and 64 s; then `None`, and it is left to the check of each minute.
    """
    return 2 ** (timers + 1) if timers < MOST_TIMERS else None
