"""Gives the code of an execution environment a `/tmp` of its own.

Paths below `/tmp` lead to a folder of the environment in `open`, in the functions of `os` and so in `pathlib`, `shutil`
and `tempfile`; not in code that is no Python, such as SQLite. Modules that are imported meanwhile may keep these
functions: they lead to the folder of the environment that calls them, and elsewhere do what they did before.
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
    *("truncate", "readlink", "chdir", "chown", "mkfifo", "statvfs"),
)
_TWO_PATHS = ("rename", "replace", "link", "symlink")
# Modules of the standard library that keep `open` under another name.
_OPEN_ELSEWHERE = (("bz2", "_builtin_open"), ("tarfile", "bltn_open"))

_moving: list[Callable[[Any], Any]] = []


def own_tmp(files: Path, shared: tuple[Path, ...]) -> ExitStack:
    """Replace `/tmp` until the returned stack is closed.

    Args:
        files: Folder that stands for it.
        shared: Folders below `/tmp` that stay what they are.
    """
    kept = tuple(str(each) for each in (*shared, *sys.path, sys.prefix, sys.base_prefix) if str(each) not in ("", _TMP))
    moved = partial(_moved, str(files), kept)
    stack = ExitStack()
    _moving.append(moved)
    stack.callback(_moving.remove, moved)
    own_open = _with_moved(open, 1)
    elsewhere = [(sys.modules.get(module), name) for module, name in _OPEN_ELSEWHERE]
    for module, name in ((builtins, "open"), (io, "open"), *elsewhere):
        if hasattr(module, name):
            stack.enter_context(patch.object(module, name, own_open))
    for name in (*_ONE_PATH, *_TWO_PATHS):
        if hasattr(os, name):
            positions = 2 if name in _TWO_PATHS else 1
            stack.enter_context(patch.object(os, name, _with_moved(getattr(os, name), positions)))
    return stack


def _with_moved(function: Callable[..., Any], positions: int) -> Callable[..., Any]:
    def call(*arguments: Any, **named: Any) -> Any:
        if not _moving:
            return function(*arguments, **named)
        moved = _moving[-1]
        return function(*map(moved, arguments[:positions]), *arguments[positions:], **named)

    return call


def _moved(files: str, kept: tuple[str, ...], path: Any) -> Any:
    """Return where a path leads: below `/tmp` to the folder `files`."""
    if not isinstance(path, (str, bytes, os.PathLike)):
        return path  # a descriptor of an open file
    text = os.fsdecode(cast("str", path))
    if text.startswith("/") and ("//" in text or ".." in text):
        text = os.path.normpath(f"/{text.lstrip('/')}")
    if text != _TMP and not text.startswith(f"{_TMP}/"):
        return cast("Any", path)
    if any(text == each or text.startswith(f"{each}/") for each in kept):
        return cast("Any", path)
    return files + text.removeprefix(_TMP)
