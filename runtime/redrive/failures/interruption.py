"""Tells interruptions from failures: what is no `Exception` interrupts a call, which is neither done nor failed then.

So does an error that says that work of the call still runs.

Examples are Ctrl-C, a cancelled task, and `SuspendExecution`, with which the SDK of durable functions leaves a handler
to run it again later: https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

from redrive.core.results import StillRunning
from redrive.failures.classification import is_of, leaves


def is_interruption(error: BaseException) -> bool:
    """Return True if an error, or one of an exception group, is no `Exception`, or says that the call still runs."""
    return any(not is_of(part, Exception) or is_of(part, StillRunning) for part in leaves(error))


def leaves_handler(error: BaseException) -> bool:
    """Return True if an interruption is for the caller of the handler, and not only for the record that it interrupts.

    A record that exits, is cancelled or is closed ends alone.
    """
    from asyncio import CancelledError

    return any(not is_of(part, (Exception, SystemExit, CancelledError, GeneratorExit)) for part in leaves(error))
