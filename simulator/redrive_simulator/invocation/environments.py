"""Represents the execution environments of a function: each has modules and a folder for files of its own.

https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType
from typing import Any, Protocol

from redrive_simulator.engine.invocation import Handler
from redrive_simulator.invocation.process import ProcessSettings


class InitError(Exception):
    """The code of a function cannot be loaded; Lambda reports it in place of the function's own error.

    Attributes:
        kind: Type of the error, such as `Runtime.ImportModuleError`.
        trace: Stack trace.
    """

    def __init__(self, kind: str, message: str, trace: list[str] | None = None) -> None:
        super().__init__(message)
        self.kind = kind
        self.trace = trace or []


class Environment:
    """An execution environment.

    Attributes:
        handler: The handler; `None` before the code is loaded.
        modules: Modules of the function's code by name, as long as none of them is imported elsewhere.
        folder: Folder with the function's code; `None` for code without one.
        own: First parts of the names of modules in the folder.
        files: Folder that stands for `/tmp`; `None` before it is used.
        decorated: Functions with idempotency in these modules.
        settings: Settings that the code has made for its process.
    """

    __slots__ = ("decorated", "files", "folder", "handler", "modules", "own", "settings")

    def __init__(self) -> None:
        self.handler: Handler | None = None
        self.modules: dict[str, ModuleType] = {}
        self.folder: Path | None = None
        self.own: frozenset[str] = frozenset()
        self.files: Path | None = None
        self.decorated: dict[Any, Any] = {}
        self.settings = ProcessSettings()

    def restarted(self) -> Environment:
        """Return the environment with a new process, as Lambda restarts it after a crash or a timeout; files stay."""
        made = Environment()
        made.folder, made.own, made.files = self.folder, self.own, self.files
        return made


class Code(Protocol):
    """The code of a function, which each environment loads for itself."""

    @property
    def folder(self) -> Path | None:
        """Folder with the code."""
        ...

    @property
    def own(self) -> frozenset[str]:
        """First parts of the names of modules in the folder."""
        ...

    def load(self, environment: Environment) -> Handler:
        """Load the handler in the current environment.

        Raises:
            InitError: Lambda cannot load it.
            NotSimulatedError: It cannot run here.
        """
        ...


class Environments:
    """The idle environments of a function, by version."""

    __slots__ = ("_idle",)

    def __init__(self) -> None:
        self._idle: dict[str, list[Environment]] = {}

    def take(self, version: str, code: Code) -> Environment:
        """Return the environment that was used last, or a new one."""
        idle = self._idle.setdefault(version, [])
        if idle:
            return idle.pop()
        made = Environment()
        made.folder, made.own = code.folder, code.own
        return made

    def give_back(self, version: str, environment: Environment) -> None:
        """Keep an environment for the next invocation."""
        self._idle[version].append(environment)
