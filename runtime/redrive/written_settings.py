"""Reads the settings that a construct wrote into the function's environment."""

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
    """Return the settings for `key` (such as a queue's ARN), or log that they are unreadable and return `None`."""
    try:
        return read(os.environ, key)
    except SettingsError as error:  # no reason for the invocation to fail
        from redrive.log import described, warn

        warn("redrive.settings_unreadable", error=described(error))
        return None
