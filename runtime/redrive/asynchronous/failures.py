"""Counts failed attempts at asynchronous events; loaded at the first failure or retry."""

from __future__ import annotations

from redrive.failures.classification import FailureClass
from redrive.failures.diagnosis import diagnose
from redrive.metrics import Meter, count
from redrive.settings.metrics import MetricName


def record_attempt(meter: Meter, number: int) -> None:
    """Record the number of the attempt."""
    meter.value(MetricName.ATTEMPT, number)


def count_failure(error: BaseException, *, is_last: bool) -> None:
    """Count a failed attempt: as retried unless it is the last one, and as a permanent failure if it is one."""
    diagnosis = diagnose(error)
    if not is_last:
        count(MetricName.RETRIED, diagnosis.error_type)
    if diagnosis.failure is FailureClass.PERMANENT:  # Lambda retries it anyway
        count(MetricName.PERMANENT_FAILURES, diagnosis.error_type)
