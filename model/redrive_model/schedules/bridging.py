"""Computes waits between receives that bridge an outage, and the length of the outage that waits bridge.

An outage is bridged if no message is given up in it, counted from the message's first receive. Jitter may draw the
shortest wait each time, so only the shortest waits count.
"""

from __future__ import annotations

from bisect import bisect_left
from math import ceil

from redrive.settings import Backoff
from redrive_model import limits

#: Lengths of an outage that receives can bridge. SQS hides a message for 12 hours from its first receive at most, and
#: the helper keeps a margin: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-visibility-timeout.html
SHORTEST, LONGEST = 10.0, limits.VISIBILITY_TIMEOUT.most - 60.0
#: Lengths for which nobody has said anything: of a standard queue, and of a FIFO queue, whose group waits meanwhile.
USUAL, USUAL_FIFO = 3_600.0, 900.0
#: No wait is longer than this share of the outage: what waits when the outage ends must not wait for as long again.
LONGEST_SHARE = 4
#: The longest first wait, also after throttling.
LONGEST_FIRST_WAIT = 10
MOST_RECEIVES = 1_000
# Growth of the waits. The higher ones are for few receives, and `None` is the longest wait from the second on.
_GROWTHS = (2, 3, 5, None)


def refusal_below_shortest(length: float) -> str | None:
    """Return a sentence that refuses an outage too short to plan for; `None` if it is long enough."""
    if length < SHORTEST:
        return f"bridges {length:,g} s is below {SHORTEST:g} s: give the length of an outage, such as Duration.hours(1)"
    return None


def expiry_margin(retention: float) -> float:
    """Return the seconds before the end of a retention in which the helper no longer has a message wait."""
    return min(60.0, retention / 10)


def shortest_time(backoff: Backoff, waits: int) -> float:
    """Return the sum of a number of waits if jitter makes each as short as it can be."""
    total = 0.0
    for number in range(waits):
        if backoff.plain(number) == backoff.cap or number == MOST_RECEIVES:  # waits never shrink
            return total + (waits - number) * backoff.wait(number, 0)
        total += backoff.wait(number, 0)
    return total


def longest_time(backoff: Backoff | None, receives: float, visibility_timeout: float) -> float:
    """Return the longest time until a message is visible again after a number of receives.

    After each one it is hidden for the visibility timeout, or for the helper's wait if that is longer.
    """
    total, number = 0.0, 0
    while backoff is not None and number < receives:
        wait = max(visibility_timeout, backoff.longer().plain(number))
        if wait >= backoff.cap or number == MOST_RECEIVES:
            visibility_timeout = max(visibility_timeout, backoff.cap)
            break
        total, number = total + wait, number + 1
    total += (receives - number) * visibility_timeout
    return int(total) if total % 1 == 0 else total


def receives_for(bridges: float, backoff: Backoff) -> int | None:
    """Return how many receives bridge an outage with these waits; `None` if 1,000 are too few."""
    counts = range(1, MOST_RECEIVES + 1)
    found = bisect_left(counts, bridges, key=lambda receives: shortest_time(backoff, receives - 1))
    return None if found == MOST_RECEIVES else counts[found]


def bridged(receives: float | None, backoff: Backoff | None, visibility_timeout: float | None) -> float | None:
    """Return the length of the outage that is bridged, `None` if it is not known.

    Args:
        receives: The maximum receive count.
        backoff: The helper's waits; `None` without the helper.
        visibility_timeout: The wait after a crash or a timeout of the function, after a throttle, and without helper.
    """
    if receives is None or (backoff is None and visibility_timeout is None):
        return None
    waits = max(0, int(receives) - 1)
    if waits == 0:
        return 0.0
    if backoff is None:
        return waits * (visibility_timeout or 0)
    helpers = min(LONGEST, shortest_time(backoff, waits))
    return helpers if visibility_timeout is None else min(helpers, waits * visibility_timeout)


def waits_for(bridges: float, growth: float | None = 2) -> Backoff:
    """Return waits that bridge an outage with as few receives as its limits for single waits allow."""
    return _waits(max(1, int(bridges // LONGEST_SHARE)), growth)


def waits_with(receives: int, bridges: float, longest: float) -> Backoff | None:
    """Return the shortest waits with which a number of receives bridges an outage.

    Args:
        receives: The maximum receive count, 2 or more.
        bridges: The length of the outage.
        longest: The longest single wait.

    Returns:
        The waits; `None` if there are none.
    """
    found = (_shortest_waits(receives, bridges, longest, growth) for growth in _GROWTHS)
    return next((waits for waits in found if waits is not None), None)


def waits_of_few(receives: int, bridges: float) -> Backoff:
    """Return waits for receives that are too few for `waits_with`: a short one, then all as long as it takes."""
    found = _shortest_waits(receives, bridges, 2 * bridges + LONGEST_FIRST_WAIT, None)
    if found is None:  # a single wait
        only = 2.0 * ceil(bridges)
        found = Backoff(base=only, factor=1, cap=only, jitter="equal")
    return found


def _shortest_waits(receives: int, bridges: float, longest: float, growth: float | None) -> Backoff | None:
    candidates = range(1, max(1, int(longest)) + 1)
    found = bisect_left(candidates, bridges, key=lambda each: shortest_time(_waits(each, growth), receives - 1))
    return _waits(candidates[found], growth) if found < len(candidates) else None


def _waits(longest: int, growth: float | None) -> Backoff:
    # A throttled call doubles the first wait, and the helper rounds waits up to whole seconds.
    first = min(LONGEST_FIRST_WAIT, longest) / 2
    return Backoff(base=first, factor=growth or max(1, ceil(longest / first)), cap=longest, jitter="equal")
