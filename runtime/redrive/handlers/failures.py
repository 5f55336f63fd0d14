"""Reports and counts the failed records of a batch. Loaded at the first failure only."""

from __future__ import annotations

from collections.abc import Callable

from redrive.core.log import call_hook, frames, warn
from redrive.core.system import Seam
from redrive.failures.classification import FailureClass
from redrive.metrics import count
from redrive.settings.metrics import MetricName

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol, TypeVar

    class FailedRecord(Protocol):
        """A failed record, as passed to the user's `on_failure`."""

        @property
        def error(self) -> BaseException:
            """The error that the function raised."""
            ...

        @property
        def failure(self) -> FailureClass:
            """The class of the failure."""
            ...

        @property
        def outcome(self) -> str:
            """The record's outcome."""
            ...

        @property
        def reason(self) -> str:
            """The reason of the failure."""
            ...

        @property
        def error_type(self) -> str:
            """The name of the error's class."""
            ...

    F = TypeVar("F", bound=FailedRecord)
    Watch = Callable[[FailedRecord, dict[str, object]], object]

#: Called with each failed record and the fields of its source; the simulator shows what helpers decide.
watcher: Seam[Watch | None] = Seam(None)


def report_failure(
    event: str, failed: F, on_failure: Callable[[F], object] | None, *, request_id: str, **fields: object
) -> None:
    """Log a failed record as an event, with the fields of its source, and call the user's hook."""
    warn(
        event,
        **fields,
        outcome=failed.outcome,
        failure=failed.failure.value,
        error=failed.reason,
        error_type=failed.error_type,
        frames=frames(failed.error),
        request_id=request_id,
    )
    watch = watcher.get()
    if watch is not None:
        watch(failed, fields)
    call_hook(on_failure, failed)


def count_failure(outcome: str, failure: FailureClass, error_type: str, *, was_refused: bool) -> None:
    """Count a failed record.

    Args:
        outcome: The metric of what became of it.
        failure: Its class: permanent failures count as such too.
        error_type: The name of the error's class.
        was_refused: True if it could not be dead-lettered or set aside, and is retried instead.
    """
    count(outcome, error_type)
    if was_refused:
        count(MetricName.NOT_SET_ASIDE, error_type)
    if failure is FailureClass.PERMANENT:
        count(MetricName.PERMANENT_FAILURES, error_type)
