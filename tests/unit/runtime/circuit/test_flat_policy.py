"""The values of a policy can be given by the names that the construct has."""

from __future__ import annotations

import pytest

from redrive import CircuitBreaker, CircuitOpen, CircuitPolicy, LocalCircuits
from redrive.settings.circuit import CircuitSettings


def failing() -> None:
    raise OSError("no connection")


def open_after(breaker: CircuitBreaker) -> int:
    """The number of failures that open the circuit."""
    for count in range(100):
        try:
            breaker.call(failing)
        except CircuitOpen:
            return count
        except OSError:
            pass
    raise AssertionError("the circuit never opens")


@pytest.mark.parametrize("threshold", [1, 2, 7])
def test_a_threshold_is_as_good_as_a_policy(threshold: int) -> None:
    flat = CircuitBreaker("Payments", failure_threshold=threshold, store=LocalCircuits())
    policy = CircuitPolicy(failure_threshold=threshold)
    assert open_after(flat) == threshold == open_after(CircuitBreaker("Mails", policy=policy, store=LocalCircuits()))


def test_it_takes_precedence_over_the_settings_whose_other_values_stay() -> None:
    settings = CircuitSettings(name="Payments", failure_threshold=9, window=30.0)
    breaker = CircuitBreaker("Payments", failure_threshold=3, settings=settings, store=LocalCircuits())
    assert open_after(breaker) == 3


def test_a_policy_and_one_of_its_values_are_too_much() -> None:
    with pytest.raises(ValueError, match=r"^policy and window, lease are given: .*give one or the other"):
        CircuitBreaker("Payments", policy=CircuitPolicy(), window=10.0, lease=3.0)


def test_a_value_is_checked_at_once() -> None:
    with pytest.raises(ValueError, match=r"^window -1 s: give a number of seconds above 0"):
        CircuitBreaker("Payments", window=-1)
