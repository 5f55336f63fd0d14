"""The demonstration waits as long as something moves."""

from __future__ import annotations

import pytest

from tools.patience import Patience


@pytest.mark.parametrize(
    ("looks", "is_over"),
    [
        ([(0, 1), (100, 2), (200, 3), (300, 4)], False),
        ([(0, 1), (100, 1), (119, 1)], False),
        ([(0, 1), (100, 2), (221, 2)], True),
        ([(0, 3), (121, 3)], True),
    ],
    ids=["slow but moving", "not yet", "stopped later", "never moved"],
)
def test_it_is_over_when_nothing_has_changed_for_two_minutes(
    monkeypatch: pytest.MonkeyPatch, looks: list[tuple[float, int]], is_over: bool
) -> None:
    moment = 0.0
    monkeypatch.setattr("time.monotonic", lambda: moment)
    patience = Patience()
    answers: list[bool] = []
    for at, state in looks:
        moment = at
        answers.append(patience.is_over(state))
    assert answers == [False] * (len(looks) - 1) + [is_over]
