"""Waits that grow with each retry."""

from redrive_model.schedules.waits import growing_wait


def test_a_wait_grows_to_its_cap_however_often() -> None:
    assert growing_wait(1, 1.5, 60, 3) == 3.375
    assert growing_wait(1, 1.5, 60, 10**6) == 60
