"""Plans how a queue bridges an outage: its receives, its visibility timeout and the helper's waits."""

from __future__ import annotations

from functools import lru_cache
from math import ceil, inf
from typing import NamedTuple

from redrive.settings import Backoff
from redrive_model import limits
from redrive_model.schedules.bridging import (
    LONGEST,
    LONGEST_SHARE,
    MOST_RECEIVES,
    USUAL,
    USUAL_FIFO,
    expiry_margin,
    longest_time,
    receives_for,
    refusal_below_shortest,
    shortest_time,
    waits_for,
    waits_of_few,
    waits_with,
)

# The last retry of a length for which nobody has said anything: what idempotency remembers by itself.
_LATEST_USUAL = limits.DAY


class Asked(NamedTuple):
    """Requirements of a queue, and values that are fixed. Times are in seconds; `None`: not given or not known.

    Attributes:
        bridges: The length of the outage to bridge.
        fifo: Whether the queue is FIFO.
        receives: The maximum receive count that somebody has chosen.
        has_receives: Whether somebody has, also if it is not known.
        backoff: The waits that somebody has chosen.
        visibility_timeout: The visibility timeout that somebody has chosen.
        has_visibility_timeout: Whether somebody has.
        function_timeout: The function's timeout.
        batching_window: The batching window, 0 for none.
        retention: The queue's retention.
    """

    bridges: float | None = None
    fifo: bool = False
    receives: float | None = None
    has_receives: bool = False
    backoff: Backoff | None = None
    visibility_timeout: float | None = None
    has_visibility_timeout: bool = False
    function_timeout: float | None = None
    batching_window: float | None = 0
    retention: float | None = None

    @property
    def recommended_visibility_timeout(self) -> float:
        """6 × the function's timeout + the batching window, and the longest of each that is not known.

        https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
        """
        timeout, window = self.function_timeout, self.batching_window
        return 6 * (limits.LONGEST_FUNCTION_TIMEOUT if timeout is None else timeout) + (
            limits.BATCHING_WINDOW.most if window is None else window
        )

    @property
    def wait_without_helper(self) -> float | None:
        """The time after which SQS delivers a message again by itself, `None` if it is not known."""
        if self.has_visibility_timeout:
            return self.visibility_timeout
        return None if self.function_timeout is None else self.recommended_visibility_timeout

    @property
    def longest(self) -> float:
        """The longest outage that 12 hours and the retention allow to bridge."""
        if self.retention is None:
            return LONGEST
        # The last wait may begin at the end of the outage, and the helper dead-letters what would expire in it.
        left = self.retention - expiry_margin(self.retention)
        return min(LONGEST, left * LONGEST_SHARE / (LONGEST_SHARE + 1))


class Plan(NamedTuple):
    """Settings with which a queue bridges an outage.

    Attributes:
        receives: The maximum receive count; `None` if somebody has chosen one that is not known.
        visibility_timeout: The visibility timeout in seconds; `None` if somebody has chosen one that is not known.
        backoff: The helper's waits.
    """

    receives: int | None
    visibility_timeout: float | None
    backoff: Backoff


def plan(asked: Asked) -> Plan:
    """Plan for what is asked; first see if `refusal` has something to say.

    Without a length, it is an hour (15 minutes for a FIFO queue), and not less than the queue alone bridges with as
    many receives, as far as retries within a day and half of the retention go.
    """
    if asked.has_receives:
        return _with_given_receives(asked)
    if asked.backoff is not None:
        length, receives = asked.bridges or 0, _usual(asked)[1]
        if asked.bridges is not None:
            receives = max(receives_for(length, asked.backoff) or MOST_RECEIVES, _receives_alone(asked))
        return Plan(receives, _visibility(asked, length / (receives - 1)), asked.backoff)
    if asked.bridges is None:
        length, receives = _usual(asked)
    else:
        length, receives = asked.bridges, _receives(asked.bridges)
        if (alone := _receives_alone(asked)) > receives:
            waits = waits_with(alone, length, length / LONGEST_SHARE) or waits_for(length)
            return Plan(alone, asked.visibility_timeout, waits)
    return Plan(receives, _visibility(asked, length / (receives - 1)), waits_for(length))


def _receives_alone(asked: Asked) -> int:
    """Return how many receives bridge the outage if the function times out each time, 0 if nothing is fixed."""
    return (
        0 if not asked.visibility_timeout or not asked.bridges else ceil(asked.bridges / asked.visibility_timeout) + 1
    )


def _with_given_receives(asked: Asked) -> Plan:
    usual = USUAL_FIFO if asked.fifo else USUAL
    receives = None if asked.receives is None else int(asked.receives)
    length, stretch = asked.bridges, 0.0
    backoff = asked.backoff
    if backoff is None and (receives is None or receives < 2):
        backoff = waits_for(usual)
    elif backoff is None:
        assert receives is not None
        alone = None if asked.wait_without_helper is None else (receives - 1) * asked.wait_without_helper
        length = length or min(_longest_usual(asked), max(usual, alone or 0))
        as_planned = receives == _receives(length)
        backoff = waits_for(length) if as_planned else waits_with(receives, length, length / LONGEST_SHARE)
        if backoff is not None:
            stretch = length / (receives - 1)
        elif alone:  # too few for it: as long as the queue alone, however long the single waits
            backoff = waits_of_few(receives, min(_longest_usual(asked), alone))
        else:
            backoff = waits_for(usual)
    elif asked.bridges is not None and receives is not None and receives > 1:
        stretch = asked.bridges / (receives - 1)
    return Plan(receives, _visibility(asked, stretch), backoff)


def _visibility(asked: Asked, least: float) -> float | None:
    if asked.has_visibility_timeout:
        return asked.visibility_timeout
    return max(asked.recommended_visibility_timeout, ceil(least))


def _longest_usual(asked: Asked) -> float:
    return asked.longest if asked.retention is None else min(asked.longest, asked.retention / 2)


def _usual(asked: Asked) -> tuple[float, int]:
    """Return the length for which nobody has said anything, and its receives."""
    most, wait = _longest_usual(asked), asked.wait_without_helper or 0
    length = min(most, USUAL_FIFO if asked.fifo else USUAL)
    while (alone := (_receives(length) - 1) * wait) > length:
        longer = min(most, alone, 2 * length)
        end = longest_time(waits_for(longer), _receives(longer), wait)
        if longer == length or end > min(_LATEST_USUAL, inf if asked.retention is None else asked.retention):
            break
        length = longer
    return length, _receives(length)


@lru_cache(maxsize=1_000)  # the consumers of an app ask for the same ones
def _receives(bridges: float) -> int:
    receives = receives_for(bridges, waits_for(bridges))
    assert receives is not None  # the waits grow with the length
    return receives


def refusal(asked: Asked) -> str | None:
    """Return a sentence that refuses a length that cannot be bridged, with both numbers; `None` if it can."""
    length = asked.bridges
    if length is None:
        return None
    if too_short := refusal_below_shortest(length):
        return too_short
    shown = f"bridges {length:,g} s"
    if length > LONGEST:
        return (
            f"{shown} is beyond what receives can bridge: SQS hides a message for {limits.VISIBILITY_TIMEOUT.most:,} s "
            f"from its first receive; give {LONGEST:,g} s or less, and pauses= of a CircuitBreaker for longer outages"
        )
    if length > asked.longest:
        return (
            f"{shown} does not fit into the queue's retention of {asked.retention:,g} s, in which the last wait must "
            f"end too: give {int(asked.longest):,} s or less, or a longer retention"
        )
    if asked.has_receives and asked.receives is None:
        return f"{shown}, and the maximum receive count is not known here: pass max_receive_count as the queue has it"
    return _contradiction(asked, length, shown)


def _contradiction(asked: Asked, length: float, shown: str) -> str | None:
    receives, backoff, visibility = asked.receives, asked.backoff, asked.visibility_timeout
    if receives is not None:
        waits = max(0, int(receives) - 1)
        if backoff is not None and (reached := shortest_time(backoff, waits)) < length:
            return (
                f"{shown}, and max_receive_count {receives:,} with {backoff!r} bridges {reached:,g} s, the sum of the "
                "shortest waits: leave two of the three unset"
            )
        needed = receives_for(length, waits_for(length, None))
        if backoff is None and needed is not None and receives < needed:
            return (
                f"{shown} needs {needed} receives or more, as no wait is longer than {int(length // LONGEST_SHARE):,} "
                f"s, and max_receive_count is {receives:,}: leave one of them unset"
            )
        if visibility is not None and waits * visibility < length:
            return (
                f"{shown}, and max_receive_count {receives:,} with a visibility timeout of {visibility:,} s bridges "
                f"{waits * visibility:,} s if the function times out: leave one of them unset"
            )
    elif backoff is not None and receives_for(length, backoff) is None:
        return (
            f"{shown}, and {MOST_RECEIVES:,} receives with {backoff!r} bridge "
            f"{shortest_time(backoff, MOST_RECEIVES - 1):,g} s, the sum of the shortest waits: leave backoff unset, or "
            "give one with jitter='equal' and longer waits"
        )
    if visibility is not None and receives is None and length > (MOST_RECEIVES - 1) * visibility:
        return (
            f"{shown}, and {MOST_RECEIVES:,} receives with a visibility timeout of {visibility:,} s bridge "
            f"{(MOST_RECEIVES - 1) * visibility:,} s: leave visibility_timeout unset"
        )
    return None
