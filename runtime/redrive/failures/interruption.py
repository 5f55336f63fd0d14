"""Tells interruptions from failures: what is no `Exception` interrupts a call, which is neither done nor failed then.

Examples are Ctrl-C, a cancelled task, and `SuspendExecution`, with which the SDK of durable functions leaves a handler
to run it again later: https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
"""

from __future__ import annotations

from redrive.failures.classification import is_of, leaves


def is_interruption(error: BaseException) -> bool:
    """Return True if an error, or an error of an exception group, is no `Exception`."""
    return any(not is_of(part, Exception) for part in leaves(error))


def leaves_handler(error: BaseException) -> bool:
    """Return True if an interruption is for the caller of the handler, and not only for the record that it interrupts.

    A record that exits, is cancelled or is closed ends alone.
    """
    from asyncio import CancelledError

    return any(not is_of(part, (Exception, SystemExit, CancelledError, GeneratorExit)) for part in leaves(error))
