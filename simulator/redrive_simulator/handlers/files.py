"""Gives the code of an execution environment a `/tmp` of its own.

Paths below `/tmp` lead to a folder of the environment in `open`, in the functions of `os` and so in `pathlib`, `shutil`
and `tempfile`; not in code that is no Python, such as SQLite.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, cast
from unittest.mock import patch

_TMP = "/tmp"
# Functions of `os` with one path and with two paths at the start of their arguments.
_ONE_PATH = (
    *("open", "stat", "lstat", "mkdir", "remove", "unlink", "rmdir", "listdir", "scandir", "chmod", "access", "utime"),
    *("truncate", "readlink"),
)
_TWO_PATHS = ("rename", "replace", "link", "symlink")


def own_tmp(files: Path, shared: tuple[Path, ...]) -> ExitStack:
    """Replace `/tmp` until the returned stack is closed.

    Args:
        files: Folder that stands for it.
        shared: Folders below `/tmp` that stay what they are.
    """
    kept = tuple(str(each) for each in (*shared, *sys.path, sys.prefix, sys.base_prefix) if str(each) not in ("", _TMP))
    moved = partial(_moved, str(files), kept)
    stack = ExitStack()
    for module in (builtins, io):
        stack.enter_context(patch.object(module, "open", _with_moved(open, moved, 1)))
    for name in (*_ONE_PATH, *_TWO_PATHS):
        if hasattr(os, name):
            positions = 2 if name in _TWO_PATHS else 1
            stack.enter_context(patch.object(os, name, _with_moved(getattr(os, name), moved, positions)))
    return stack


def _with_moved(function: Callable[..., Any], moved: Callable[[Any], Any], positions: int) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        return function(*map(moved, arguments[:positions]), *arguments[positions:], **named)

    return call


def _moved(files: str, kept: tuple[str, ...], path: Any) -> Any:
    """Return where a path leads: below `/tmp` to the folder `files`."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return path  # a descriptor of an open file
    text = os.fsdecode(cast("str", path))
    if text != _TMP and not text.startswith(f"{_TMP}/"):
        return cast("Any", path)
    if any(text == each or text.startswith(f"{each}/") for each in kept):
        return cast("Any", path)
    return files + text.removeprefix(_TMP)
