"""How long to wait before the next try."""

from __future__ import annotations

from redrive.frozen import Frozen

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Literal

    #: `full`: anywhere between nothing and the plain wait. `equal`: half the plain wait, and up to half more. `none`:
    #: the plain wait. Full jitter spreads a crowd of retries best and is what AWS's SDKs use:
    #: https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
    Jitter = Literal["full", "equal", "none"]

_JITTERS = ("full", "equal", "none")


class Backoff(Frozen):
    """An exponential schedule: `min(cap, base x factor^n)` seconds before retry `n` (from 0), then jitter.

    The defaults give 1, 2, 4, 8, 16, 30, 30, … seconds, each drawn with full jitter.

    Args:
        base: Seconds before the first retry. Default: 1.
        factor: What each further wait is multiplied by, 1 or more. Default: 2.
        cap: The longest wait in seconds, at least `base`. Default: 30.
        jitter: `"full"`, `"equal"` or `"none"`. Default: `"full"`.

    Raises:
        ValueError: A value outside of its range.
    """

    __slots__ = ("base", "cap", "factor", "jitter")
    base: float
    factor: float
    cap: float
    jitter: Jitter

    def __init__(self, base: float = 1.0, factor: float = 2.0, cap: float = 30.0, jitter: Jitter = "full") -> None:
        if not 0 < base < float("inf"):
            raise ValueError(f"backoff base {base!r} s: the first wait must be above 0 seconds")
        if not 1 <= factor < float("inf"):
            raise ValueError(f"backoff factor {factor!r}: waits must not shrink; give 1 or more")
        if not base <= cap < float("inf"):
            raise ValueError(f"backoff cap {cap!r} s is below the base of {base!r} s: give a cap of at least the base")
        if jitter not in _JITTERS:
            raise ValueError(f"backoff jitter {jitter!r}: give one of {', '.join(map(repr, _JITTERS))}")
        self._set(base=base, factor=factor, cap=cap, jitter=jitter)

    def plain(self, retry: int) -> float:
        """The wait before jitter.

        Args:
            retry: How many retries came before: 0 for the first.

        Returns:
            Seconds.
        """
        try:
            return min(self.cap, self.base * self.factor**retry)
        except OverflowError:  # 2.0 ** 1024 does not fit a float; by then the cap has long been reached
            return self.cap

    def wait(self, retry: int, random: float) -> float:
        """The wait with jitter.

        Args:
            retry: How many retries came before: 0 for the first.
            random: A number in [0, 1), drawn by the caller.

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
        """The schedule for throttling and other transient AWS errors: twice as long throughout.

        From the default this is `min(60, 2 x 2^n)`.
        """
        return Backoff(self.base * 2, self.factor, self.cap * 2, self.jitter)
