"""Decides what the switch does with an event source mapping; all functions are pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from redrive.circuit.state import CircuitState, CircuitStatus


#: The next step for a mapping. `pause`: tag it as paused by the switch, and disable it. `resume`: enable it. `forget`:
#: remove the tag. `later`: Lambda is changing it, and refuses other changes until it has finished. `nothing`: all is
#: well.
SwitchStep: TypeAlias = Literal["pause", "resume", "forget", "later", "nothing"]

#: In seconds. An open time that ends later needs no timer yet: the check of each minute runs at least once before.
TIMER_WITHIN = 120
#: Maximum number of timers that follow from each other. Lambda takes about 16 for a loop, and stops it:
#: https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
MOST_TIMERS = 6

_CHANGING = ("Creating", "Enabling", "Disabling", "Updating")


class MappingState(NamedTuple):
    """The state of an event source mapping in Lambda.

    Attributes:
        state: `Creating`, `Enabling`, `Enabled`, `Disabling`, `Disabled`, `Updating` or `Deleting`; see
            https://docs.aws.amazon.com/lambda/latest/api/API_GetEventSourceMapping.html.
        is_paused: Whether the mapping has the switch's tag: the switch has disabled it, or was about to.
    """

    state: str
    is_paused: bool


def decide(status: CircuitStatus | None, mapping: MappingState) -> SwitchStep:
    """Return the next step for a mapping; the status is `None` if the state of the circuit is unknown."""
    # A mapping is paused only while the circuit is open: a half-open circuit needs work for its probe. An unknown state
    # counts as closed, because a circuit whose state cannot be read lets calls through.
    # A mapping that is disabled without the tag was disabled by someone else, and stays disabled. The tag is set before
    # the mapping is disabled, and removed after it is enabled. So wherever the switch stops, the next run continues
    # from there.
    state, is_paused = mapping
    if status == "open":
        if state == "Enabled":
            return "pause"
        # A mapping that is being created or updated may end as enabled or as disabled.
        return "later" if state in _CHANGING and state != "Disabling" else "nothing"
    if not is_paused or state == "Deleting":
        return "nothing"
    if state in _CHANGING:
        return "later"
    return "forget" if state == "Enabled" else "resume"


def due_in(state: CircuitState, now: float) -> int | None:
    """Return the whole seconds until the open time ends, at least 1; `None` if no timer is needed now."""
    # The item says `open` until a probe starts, and no probe starts while nothing is polled: no event marks the end.
    if state.status(now) != "open":
        return None
    assert state.open_until is not None  # otherwise it would be closed
    seconds = max(1, math.ceil(state.open_until - now))
    return seconds if seconds <= TIMER_WITHIN else None


def again_in(timers: int) -> int | None:
    """Return the seconds until the next look at a mapping that Lambda is changing: 2, 4, … 64, then `None`."""
    # After that, the check of each minute looks at it.
    return 2 ** (timers + 1) if timers < MOST_TIMERS else None
