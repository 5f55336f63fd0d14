"""The reason names the errors of a group from which an error was raised: the group itself says only how many."""

from __future__ import annotations

import asyncio

import pytest

from redrive import Permanent, Retry
from redrive.core.log import describe
from redrive.failures.diagnosis import diagnose


class NotYet(Retry): ...


def in_task_group(*errors: Exception) -> ExceptionGroup[Exception]:
    async def fail(error: Exception) -> None:
        raise error

    async def run() -> None:
        async with asyncio.TaskGroup() as group:
            for error in errors:
                group.create_task(fail(error))

    try:
        asyncio.run(run())
    except ExceptionGroup as raised:
        return raised
    raise AssertionError


def raised_from(error: Exception, cause: BaseException) -> Exception:
    error.__cause__ = cause
    return error


ONE = in_task_group(OSError("disk full"))
SEVERAL = in_task_group(OSError("disk full"), ValueError("no lines"))
NESTED = ExceptionGroup("outer", [ONE, SEVERAL])


@pytest.mark.parametrize(
    ("error", "reason", "error_type"),
    [
        (raised_from(Retry(5), ONE), "retry after 5 s: disk full", "OSError"),
        (raised_from(NotYet(5), ONE), "retry after 5 s: OSError: disk full", "NotYet"),
        (raised_from(Retry(5), SEVERAL), "retry after 5 s: disk full; no lines", "ExceptionGroup"),
        (raised_from(Retry(5), NESTED), "retry after 5 s: disk full; disk full; no lines", "ExceptionGroup"),
        (raised_from(Permanent("refused"), ONE), "refused", "OSError"),
    ],
)
def test_the_reason_names_the_errors_of_a_group(error: Exception, reason: str, error_type: str) -> None:
    diagnosis = diagnose(error)
    assert (diagnosis.reason, diagnosis.error_type) == (reason, error_type)


def test_the_text_of_each_error_goes_through_describe() -> None:
    with describe.replaced(lambda error: f"<{type(error).__name__}>"):
        assert diagnose(raised_from(Retry(5), SEVERAL)).reason == "<Retry>: <OSError>; <ValueError>"
