"""`Backoff`: computes the wait before the next attempt."""

from __future__ import annotations

from redrive.core.frozen import Frozen, check_number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal


if TYPE_CHECKING:
    #: `full`: between 0 and the plain wait. `equal`: half of the plain wait, plus up to half more. `none`: the plain
    #: wait. Full jitter spreads many retries best, and the AWS SDKs use it:
    #: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    Jitter = Literal["full", "equal", "none"]

_JITTERS = ("full", "equal", "none")


class Backoff(Frozen):
    """An exponential schedule: `min(cap, base x factor^n)` seconds before retry `n` (from 0), then jitter.

    The defaults give 1, 2, 4, 8, 16, 30, 30, … seconds, with full jitter applied to each wait.

    Args:
        base: Seconds before the first retry, above 0. Default: 1.
        factor: Multiplier for each further wait, 1 or more. Default: 2.
        cap: The longest wait in seconds after any error, at least `base`. Default: 30.
        jitter: `"full"` (between 0 and the plain wait), `"equal"` (between half of the plain wait and all of it) or
            `"none"` (the plain wait). Only the last two have a shortest wait, as `SqsConsumer(bridges=…)` needs it.
            Default: `"full"`.

    Raises:
        ValueError: An argument is outside of its range.
        TypeError: An argument is no number.
    """

    base: float = 1.0
    factor: float = 2.0
    cap: float = 30.0
    jitter: Jitter = "full"

    def _check(self) -> None:
        for name in ("base", "factor", "cap"):
            check_number(name, getattr(self, name), "a number, of seconds unless it is the factor")
        if not 0 < self.base < float("inf"):
            raise ValueError(f"backoff base {self.base!r} s: the first wait must be above 0 seconds")
        if not 1 <= self.factor < float("inf"):
            raise ValueError(f"backoff factor {self.factor!r}: waits must not shrink; give 1 or more")
        if not self.base <= self.cap < float("inf"):
            raise ValueError(
                f"backoff cap {self.cap!r} s is below the base of {self.base!r} s: give a cap of at least the base"
            )
        if self.jitter not in _JITTERS:
            raise ValueError(f"backoff jitter {self.jitter!r}: give one of {', '.join(map(repr, _JITTERS))}")

    def plain(self, retry: int) -> float:
        """Compute the wait before jitter.

        Args:
            retry: Number of earlier retries: 0 for the first.

        Returns:
            Seconds.
        """
        try:
            return min(self.cap, self.base * self.factor**retry)
        except OverflowError:  # 2.0 ** 1024 does not fit a float; the cap is reached long before that
            return self.cap

    def wait(self, retry: int, random: float) -> float:
        """Compute the wait with jitter.

        Args:
            retry: Number of earlier retries: 0 for the first.
            random: A random number in [0, 1), drawn by the caller.

        Returns:
            Seconds.
        """
        plain = self.plain(retry)
        if self.jitter == "full":
            return plain * random
        if self.jitter == "equal":
            return plain / 2 + plain / 2 * random
        return plain

    def longer(self) -> Backoff:
        """Return the schedule for throttling and other transient AWS errors: `base` doubled, up to the same `cap`.

        The default schedule becomes `min(30, 2 x 2^n)`.
        """
        return Backoff(min(self.base * 2, self.cap), self.factor, self.cap, self.jitter)


#: The waits between receives from SQS for which no construct and no code has given others: 5, 10, 20, … 900 seconds,
#: at least half of each. With 16 receives they bridge an hour.
SQS_WAITS = Backoff(base=5.0, factor=2.0, cap=900.0, jitter="equal")
