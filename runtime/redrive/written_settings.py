"""What a construct has written into the function's environment, if it can be read."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from redrive.errors import SettingsError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeVar

    from redrive.settings import Settings

    S = TypeVar("S", bound="Settings")


def written(read: Callable[[Mapping[str, str], str], S], key: str) -> S | None:
    """The settings for one thing. That they cannot be read is logged, and no reason for an invocation to fail.

    Args:
        read: Reads them, such as `read_sqs`.
        key: What they are for, such as the queue's ARN.

    Returns:
        The settings, `None` where they cannot be read.
    """
    try:
        return read(os.environ, key)
    except SettingsError as error:
        from redrive.log import described, warn

        warn("redrive.settings_unreadable", error=described(error))
        return None
