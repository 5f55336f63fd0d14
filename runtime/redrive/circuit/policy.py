"""Defines `CircuitPolicy`: when a circuit opens, for how long, and when it closes again."""

from __future__ import annotations

from redrive.core.frozen import Frozen, check_number
from redrive.failures.backoff import Backoff

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.settings.circuit import CircuitSettings


#: 30 s, then 45 s after each failed probe: a dependency that is back is found within a minute.
OPEN_TIME = Backoff(30, 1.5, 45, jitter="none")


class CircuitPolicy(Frozen, kw_only=True):
    """Defines when a circuit opens, for how long, and when it closes again.

    Give all members of a circuit the same policy. A circuit opens after `failure_threshold` failures or, if
    `failure_rate` is set, when that share of the calls has failed. The failures of all members count together.

    Args:
        failure_threshold: Number of failures within `window` that opens the circuit. Default: 5.
        failure_rate: Share of failed calls within `window` that opens the circuit, above 0 and up to 1. It replaces
            `failure_threshold`. Default: none. Members write their successes together with their failures, so a success
            costs no write, and the successes of a member without failures do not count.
        minimum_calls: Number of calls within `window` below which `failure_rate` does not open the circuit. Default:
            10.
        window: Seconds for which failures count and, with a rate, successes. Default: 60.
        consecutive: Counts only failures since the last success, as far as the member whose call failed knows of one.
            It has no effect with a rate. Default: `True`.
        open_time: Seconds that the circuit stays open, as a `Backoff`: the first wait, then the next one after each
            failed probe. With `"equal"` jitter, members that do not share their state do not all probe at once;
            `"full"` is not allowed. Default: 30 s, then 45 s each time, without jitter.
        success_threshold: Number of probes in a row that must succeed to close the circuit. Default: 3.
        lease: Seconds that a probe may take. No other probe starts before that. After that, the member that runs it
            counts as gone, so choose more than a call takes. Default: 30.

    Raises:
        ValueError: A value is outside its range.
        TypeError: A value has the wrong type.
    """

    failure_threshold: int = 5
    failure_rate: float | None = None
    minimum_calls: int = 10
    window: float = 60.0
    consecutive: bool = True
    open_time: Backoff = OPEN_TIME
    success_threshold: int = 3
    lease: float = 30.0

    def _check(self) -> None:
        for name in ("failure_threshold", "minimum_calls", "success_threshold"):
            number = getattr(self, name)
            check_number(name, number, "a whole number of 1 or more")
            if isinstance(number, bool) or not number >= 1 or number != int(number):
                raise ValueError(f"{name} {number!r}: give a whole number of 1 or more")
        if self.failure_rate is not None:
            check_number("failure_rate", self.failure_rate, "a share above 0 and up to 1")
        if self.failure_rate is not None and not 0 < self.failure_rate <= 1:
            raise ValueError(
                f"failure_rate {self.failure_rate!r}: the share of calls that fail; give a number above 0 and up to 1"
            )
        for name in ("window", "lease"):
            seconds = getattr(self, name)
            check_number(name, seconds, "a number of seconds above 0")
            if not 0 < seconds < float("inf"):
                raise ValueError(f"{name} {seconds!r} s: give a number of seconds above 0")
        if not isinstance(self.open_time, Backoff):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise TypeError(
                f"open_time={self.open_time!r}: give a Backoff, such as Backoff(30, 1.5, 45, jitter='none')"
            )
        if self.open_time.jitter == "full":
            raise ValueError(
                f"open_time {self.open_time!r}: with full jitter the circuit may be open for no time at all; "
                "give jitter='equal' or 'none'"
            )


def policy_of(settings: CircuitSettings) -> CircuitPolicy:
    """Make the policy that a construct has configured; unset values are the defaults of `CircuitPolicy`."""
    default = CircuitPolicy()
    known = default.as_dict()
    configured = {name: value for name, value in settings.as_dict().items() if name in known and value is not None}
    return default.replace(**configured)
