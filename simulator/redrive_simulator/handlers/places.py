"""Shows the code that runs the modules, the folder and the files of its own execution environment."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

from redrive.idempotency.scope import known
from redrive_simulator.handlers.files import own_tmp
from redrive_simulator.invocation.environments import Environment


class Places:
    """Switches between the execution environments of handlers.

    Args:
        files: Folder for the files of all environments.

    Attributes:
        current: Environment that is shown; `None`: the surroundings of the test.
    """

    __slots__ = ("_before", "_cwd", "_files", "_hidden", "_made", "_own_tmp", "_tmp", "current")

    def __init__(self, files: Path) -> None:
        self._files = files
        self.current: Environment | None = None
        self._hidden: dict[str, ModuleType] = {}
        self._cwd = ""
        self._tmp: str | None = None
        self._before: Any = {}
        self._made = 0
        self._own_tmp = ExitStack()

    def use(self, environment: Environment | None) -> None:
        """Switch to an environment; `None`: back to the surroundings of the test."""
        if self.current is not None:
            self._leave(self.current)
        self.current = environment
        if environment is not None:
            self._enter(environment)

    def _enter(self, environment: Environment) -> None:
        self._hidden = _taken(environment.own)
        sys.modules.update(environment.modules)
        self._before = known.get()
        known.use(environment.decorated)
        environment.settings.enter()
        if environment.files is None:
            self._made += 1
            environment.files = self._files / str(self._made)
            environment.files.mkdir(parents=True)
        self._tmp, tempfile.tempdir = tempfile.tempdir, str(environment.files)
        self._cwd = os.getcwd()  # noqa: PTH109
        shared = (self._files,)
        if environment.folder is not None:
            sys.path.insert(0, str(environment.folder))
            importlib.invalidate_caches()
            os.chdir(environment.folder)
            shared = (self._files, environment.folder)
        self._own_tmp = own_tmp(environment.files, shared)

    def _leave(self, environment: Environment) -> None:
        self._own_tmp.close()
        if environment.folder is not None:
            os.chdir(self._cwd)
            if str(environment.folder) in sys.path:
                sys.path.remove(str(environment.folder))
        tempfile.tempdir = self._tmp
        environment.settings.leave()
        known.use(self._before)
        environment.modules = _taken(environment.own)
        sys.modules.update(self._hidden)


def _taken(own: frozenset[str]) -> dict[str, ModuleType]:
    """Remove the modules with these names, and all below them, from the imported ones, and return them."""
    names = [name for name in sys.modules if name.partition(".")[0] in own]
    return {name: sys.modules.pop(name) for name in names}
