"""Says when EventBridge and SNS try a delivery again that has failed for a while, and when they give it up."""

from __future__ import annotations

from redrive_model import limits
from redrive_model.schedules.waits import growing_wait

#: Waits of EventBridge: the first and the longest. AWS says "exponential", and gives the number of retries and the
#: time for them, which this longest wait makes fit: 185 retries take about 24 hours.
#: https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-retry-policy.html
RULE_BASE = 1.0
RULE_CAP = 480.0
#: Retries of SNS for queues and functions, by phase: at once, a second apart, growing from 1 to 20 s, 20 s apart.
#: https://docs.aws.amazon.com/sns/latest/dg/sns-message-delivery-retries.html
_AT_ONCE = 3
_A_SECOND_APART = 2
_GROWING = 10
_LONGEST = 20.0
_LAST = 100_000
#: Retries that have their waits one by one; all later ones are equally far apart.
SNS_UNEQUAL_RETRIES = _AT_ONCE + _A_SECOND_APART + _GROWING


def rule_wait(
    retries: int,
    age: float,
    most_retries: float = limits.RULE_RETRIES.most,
    longest_age: float = limits.RULE_EVENT_AGE.most,
    base: float = RULE_BASE,
    cap: float = RULE_CAP,
) -> float | str:
    """Return the wait before the next retry of a rule's target, or the condition under which EventBridge gives up.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html

    Args:
        retries: Retries so far.
        age: Age of the event in seconds.
        most_retries: `MaximumRetryAttempts` of the retry policy.
        longest_age: `MaximumEventAgeInSeconds` of the retry policy.
        base: First wait.
        cap: Longest wait.
    """
    if retries >= most_retries:
        return "MaximumRetryAttempts"
    wait = growing_wait(base, 2, cap, retries)
    return "MaximumEventAgeInSeconds" if age + wait > longest_age else wait


def sns_wait(retries: int) -> float | None:
    """Return the wait before the next retry of a subscription, after so many; `None` if SNS gives up."""
    if retries < _AT_ONCE:
        return 0.0
    if retries < _AT_ONCE + _A_SECOND_APART:
        return 1.0
    if retries < SNS_UNEQUAL_RETRIES:
        number = retries - _AT_ONCE - _A_SECOND_APART
        return growing_wait(1.0, _LONGEST ** (1 / (_GROWING - 1)), _LONGEST, number)
    return _LONGEST if retries < SNS_UNEQUAL_RETRIES + _LAST else None
