"""Effort of the random tests: little by default, much in `make soak` (HYPOTHESIS_PROFILE=soak)."""

from __future__ import annotations

import os
from typing import TypeVar

from hypothesis import HealthCheck, settings

PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "fast")
T = TypeVar("T")
_FACTORS = {"fast": 1, "soak": 40}


def examples(fast: int) -> int:
    """The number of examples in this profile, from the number in the fast one."""
    return fast * _FACTORS[PROFILE]


def either(fast: T, soak: T) -> T:
    """Return the one that this profile takes."""
    return soak if PROFILE == "soak" else fast


def load() -> None:
    """Makes the profile the default of all tests that say no numbers of their own."""
    settings.register_profile(
        PROFILE,
        max_examples=examples(25),
        deadline=None,  # a busy machine is no failure
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    settings.load_profile(PROFILE)
