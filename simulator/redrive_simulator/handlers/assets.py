"""Loads functions' handlers from the assets of a cloud assembly, as Lambda's bootstrap loads them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from redrive_model.resources.function import FunctionSpec
from redrive_model.template.assembly import Assembly
from redrive_simulator.engine.invocation import Handler
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.invocation.environments import Environment, InitError

_NOTHING: Mapping[str, Any] = {}
# Modules that the simulator and the test share with handlers, also if an asset has a copy of it.
_SHARED = frozenset(
    {"redrive", "redrive_simulator", "boto3", "botocore", "s3transfer", "moto", "time_machine", "pytest"}
)
_INLINE = "index"


class AssetCode:
    """The code of a function in an assembly.

    Args:
        assembly: The assembly.
        function: The function.
        metadata: `Metadata` of the resource, where the CDK records the asset's path if configured to.

    Attributes:
        folder: Folder of the asset; `None` for inline code, and if there is none.
        own: First parts of the names of modules in the folder, without those of installed packages.
    """

    def __init__(self, assembly: Assembly, function: FunctionSpec, metadata: Mapping[str, Any]) -> None:
        self._assembly = assembly
        self._function = function
        # Now, as files are other ones while an environment is in use.
        self.folder = self._folder(metadata)
        self.own = self._own()

    def _folder(self, metadata: Mapping[str, Any]) -> Path | None:
        folder, code = self._assembly.folder, self._function.code
        recorded = metadata.get("aws:asset:path")
        if isinstance(recorded, str) and (folder / recorded).is_dir():
            return (folder / recorded).resolve()
        hash_ = str(code.get("S3Key", "")).rpartition("/")[2].partition(".")[0]
        for file in folder.glob("*.assets.json"):
            files: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")).get("files") or {}
            source: Mapping[str, Any] = (files.get(hash_) or _NOTHING).get("source") or _NOTHING
            path = folder / str(source.get("path"))
            if source and path.is_dir():
                return path.resolve()
        return None

    def _own(self) -> frozenset[str]:
        if self.folder is None:
            return frozenset({_INLINE})
        names = {path.stem if path.is_file() else path.name for path in self.folder.iterdir()}
        for installed in self.folder.glob("*.dist-info"):
            names -= _packages_of(installed)
        return frozenset(names - _SHARED - sys.stdlib_module_names)

    @property
    def can_run(self) -> bool:
        """True if it is Python code in the assembly."""
        is_there = "ZipFile" in self._function.code or self.folder is not None
        return self._function.runtime.startswith("python") and is_there

    def load(self, environment: Environment) -> Handler:
        """Load the handler in the current environment.

        Raises:
            InitError: Lambda cannot load it.
            NotSimulatedError: It is not Python, or it is not in the assembly.
        """
        function = self._function
        if not function.runtime.startswith("python"):
            raise NotSimulatedError(
                f"function {function.name!r} runs {function.runtime or 'an image'}, which cannot run here: pass "
                f"handlers={{{function.name!r}: stand_in}}, or default_handler="
            )
        module_name, dot, attribute = function.handler.rpartition(".")
        if not dot:
            message = f"Bad handler '{function.handler}': not enough values to unpack (expected 2, got 1)"
            raise InitError("Runtime.MalformedHandlerName", message)
        inline = function.code.get("ZipFile")
        if inline is not None and module_name == _INLINE:
            module = self._run_inline(inline, environment)
        elif inline is None and self.folder is None:
            raise NotSimulatedError(
                f"function {function.name!r} is invoked, and its code is no folder of {self._assembly.folder}: pass "
                f"handlers={{{function.name!r}: handler}}, or default_handler="
            )
        else:  # inline code can have its handler in a layer, which is installed here
            module = _imported(module_name)
        if not hasattr(module, attribute):
            message = f"Handler '{attribute}' missing on module '{module_name}'"
            raise InitError("Runtime.HandlerNotFound", message)
        return getattr(module, attribute)

    def _run_inline(self, text: str, environment: Environment) -> ModuleType:
        module = ModuleType(_INLINE)
        module.__file__ = f"{self._function.name}/{_INLINE}.py"
        sys.modules[_INLINE] = environment.modules[_INLINE] = module
        exec(compile(text, module.__file__, "exec"), module.__dict__)
        return module


def _imported(name: str) -> ModuleType:
    """Import a module, with the errors of Lambda's bootstrap."""
    # https://github.com/aws/aws-lambda-python-runtime-interface-client/blob/main/awslambdaric/bootstrap.py
    if name.partition(".")[0] in sys.builtin_module_names:
        message = f"Cannot use built-in module {name} as a handler module"
        raise InitError("Runtime.BuiltInModuleConflict", message)
    try:
        return importlib.import_module(name.replace("/", "."))
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError", f"Unable to import module '{name}': {error}") from error
    except SyntaxError as error:
        trace = [f'  File "{error.filename}" Line {error.lineno}\n    {error.text}']
        message = f"Syntax error in module '{name}': {error}"
        raise InitError("Runtime.UserCodeSyntaxError", message, trace) from error


def _packages_of(installed: Path) -> set[str]:
    """Return the first parts of the names of a package's modules, from its `dist-info`."""
    record = installed / "RECORD"
    if not record.is_file():
        return set()
    files = [line.partition(",")[0] for line in record.read_text(encoding="utf-8").splitlines()]
    return {Path(file).parts[0].removesuffix(".py") for file in files if file}
