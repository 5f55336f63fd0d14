"""`CircuitPolicy`: when a circuit opens, for how long, and when it closes again."""

from __future__ import annotations

from redrive.backoff import Backoff
from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.settings import CircuitSettings

__all__ = ["CircuitPolicy"]

#: 30 s, and 45 s each time that a probe has failed: a dependency that is back is found within a minute.
OPEN_TIME = Backoff(30, 1.5, 45, jitter="none")


class CircuitPolicy(Frozen):
    """When a circuit opens, for how long, and when it closes again. All members of a circuit should have the same one.

    A circuit opens after `failure_threshold` failures or, where `failure_rate` is given, when that share of the calls
    has failed. Its failures are those of all its members together.

    Args:
        failure_threshold: How many failures within `window` open it. Default: 5.
        failure_rate: The share of failed calls within `window` that opens it, above 0 and up to 1; it takes the place
            of `failure_threshold`. Default: none. Members tell of their successes together with their failures, so that
            a success costs no write; those of a member that has no failures count for nothing.
        minimum_calls: The calls within `window` below which a `failure_rate` opens nothing. Default: 10.
        window: Seconds for which failures, and with a rate successes, count. Default: 60.
        consecutive: Failures count only from the last success on, as far as the member whose call failed knows of one.
            Default: yes. It has no meaning for a rate.
        open_time: Seconds that it stays open: the first wait, and the next one each time that a probe fails. With
            `"equal"` jitter, members with states of their own do not all probe at once. Default: 30 s, then 45 s each
            time, without jitter.
        success_threshold: How many probes in a row must succeed to close it. Default: 3.
        lease: Seconds that a probe may take. There is no other before that, and whoever ran it counts as gone after
            that: give it more than a call takes. Default: 30.

    Raises:
        ValueError: A value outside of its range.
    """

    __slots__ = (
        "consecutive",
        "failure_rate",
        "failure_threshold",
        "lease",
        "minimum_calls",
        "open_time",
        "success_threshold",
        "window",
    )
    failure_threshold: int
    failure_rate: float | None
    minimum_calls: int
    window: float
    consecutive: bool
    open_time: Backoff
    success_threshold: int
    lease: float

    def __init__(
        self,
        *,
        failure_threshold: int = 5,
        failure_rate: float | None = None,
        minimum_calls: int = 10,
        window: float = 60.0,
        consecutive: bool = True,
        open_time: Backoff = OPEN_TIME,
        success_threshold: int = 3,
        lease: float = 30.0,
    ) -> None:
        for name, number in (
            ("failure_threshold", failure_threshold),
            ("minimum_calls", minimum_calls),
            ("success_threshold", success_threshold),
        ):
            if isinstance(number, bool) or not number >= 1 or number != int(number):
                raise ValueError(f"{name} {number!r}: give a whole number of 1 or more")
        if failure_rate is not None and not 0 < failure_rate <= 1:
            raise ValueError(
                f"failure_rate {failure_rate!r}: the share of calls that fail; give a number above 0 and up to 1"
            )
        for name, seconds in (("window", window), ("lease", lease)):
            if not 0 < seconds < float("inf"):
                raise ValueError(f"{name} {seconds!r} s: give a number of seconds above 0")
        if open_time.jitter == "full":
            raise ValueError(
                f"open_time {open_time!r}: with full jitter the circuit may be open for no time at all; "
                "give jitter='equal' or 'none'"
            )
        self._set(
            failure_threshold=failure_threshold,
            failure_rate=failure_rate,
            minimum_calls=minimum_calls,
            window=window,
            consecutive=consecutive,
            open_time=open_time,
            success_threshold=success_threshold,
            lease=lease,
        )


def policy_of(settings: CircuitSettings) -> CircuitPolicy:
    """The policy that a construct has written.

    Args:
        settings: What it leaves open is as in `CircuitPolicy`.

    Returns:
        The policy.

    Raises:
        ValueError: A value outside of its range.
    """
    told = settings.as_dict()
    return CircuitPolicy(**{name: told[name] for name in CircuitPolicy.__slots__ if told.get(name) is not None})
