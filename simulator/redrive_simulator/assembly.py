"""Reads a cloud assembly: its templates, and the code of its functions."""

from __future__ import annotations

import importlib
import importlib.util
import json
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from redrive_simulator.errors import AssemblyError
from redrive_simulator.functions import Handler
from redrive_simulator.specifications import FunctionSpec

_NOTHING: Mapping[str, Any] = {}


class Assembly:
    """The output of `cdk synth` in `folder`.

    Raises:
        AssemblyError: `folder` has no `manifest.json`.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AssemblyError(
                f"{folder} is no cloud assembly, it has no manifest.json: run `cdk synth`, or app.synth(), and give "
                "the folder that it writes"
            ) from None
        self._artifacts: Mapping[str, Any] = manifest.get("artifacts") or {}
        self._stacks = {
            str(artifact.get("properties", {}).get("stackName") or id): (id, artifact)
            for id, artifact in self._artifacts.items()
            if artifact.get("type") == "aws:cloudformation:stack"
        }
        self._stack: str = ""

    def template_of(self, stack: str | None) -> Mapping[str, Any]:
        """Return a stack's template.

        Args:
            stack: Stack name or artifact id. `None`: the only stack.

        Raises:
            AssemblyError: No stack has that name, or there is not exactly one to choose.
        """
        by_id = dict(self._stacks.values())
        if stack is None and len(by_id) == 1:
            ((self._stack, artifact),) = by_id.items()
        elif stack is not None and stack in self._stacks:
            self._stack, artifact = self._stacks[stack]
        elif stack is not None and stack in by_id:
            self._stack, artifact = stack, by_id[stack]
        else:
            names = ", ".join(self._stacks) or "none"
            raise AssemblyError(f"{self._folder} has the stacks {names}: give stack= one of them, not {stack!r}")
        path = self._folder / artifact["properties"]["templateFile"]
        template: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return template

    def handler_of(self, function: FunctionSpec, metadata: Mapping[str, Any]) -> Handler:
        """Import a function's handler from its asset.

        Args:
            function: The function.
            metadata: `Metadata` of the resource, where the CDK records the asset's path if configured to.

        Raises:
            AssemblyError: The asset is missing, or it has no such handler.
        """
        module_name, _, attribute = function.handler.rpartition(".")
        inline = function.code.get("ZipFile")
        if inline is not None and module_name != "index":  # the handler is in a layer, which is installed here
            installed = sys.modules.get(module_name) or _imported(module_name)
            return self._named(function, getattr(installed, attribute, None))
        if inline is not None:
            names: dict[str, Any] = {"__name__": "index"}
            exec(compile(inline, f"{function.name}/index.py", "exec"), names)
            return self._named(function, names.get(attribute))
        folder = self._asset(function, metadata)
        with _modules_of(folder):
            try:
                module = _imported(module_name.replace("/", "."))
            except ImportError as error:
                raise AssemblyError(
                    f"function {function.name}: its handler {function.handler!r} cannot be imported from {folder}: "
                    f"{error}; install what it needs, or pass handlers={{{function.name!r}: …}}"
                ) from error
        return self._named(function, getattr(module, attribute, None))

    def _named(self, function: FunctionSpec, handler: Any) -> Handler:
        if not callable(handler):
            raise AssemblyError(f"function {function.name}: its code has no {function.handler!r}")
        return handler

    def _asset(self, function: FunctionSpec, metadata: Mapping[str, Any]) -> Path:
        noted = metadata.get("aws:asset:path")
        if isinstance(noted, str) and (self._folder / noted).is_dir():
            return self._folder / noted
        key = str(function.code.get("S3Key", ""))
        hash_ = key.rpartition("/")[2].partition(".")[0]
        for file in self._folder.glob("*.assets.json"):
            files: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")).get("files") or {}
            source: Mapping[str, Any] = (files.get(hash_) or _NOTHING).get("source") or _NOTHING
            path = self._folder / str(source.get("path"))
            if source and path.is_dir():
                return path
        raise AssemblyError(
            f"function {function.name}: its code ({key or 'an image'}) is no folder of {self._folder}; pass "
            f"handlers={{{function.name!r}: …}}"
        )


@contextmanager
def _modules_of(folder: Path) -> Generator[None]:
    """Import from a folder and then hide its modules, as other functions have modules of the same names."""
    # The modules stay alive with the functions that use them. A module of the folder that is first imported while the
    # handler runs is not found: the folder is no longer on the path.
    before = dict(sys.modules)
    own = {path.stem if path.is_file() else path.name for path in folder.iterdir()}
    for name in list(sys.modules):
        if name.partition(".")[0] in own and name.partition(".")[0] not in sys.stdlib_module_names:
            del sys.modules[name]
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        for name, module in list(sys.modules.items()):
            if _is_in(module, folder):
                del sys.modules[name]
        for name, module in before.items():
            sys.modules.setdefault(name, module)


def _imported(name: str) -> ModuleType:
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        raise ImportError(f"there is no module {name!r} in it")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _is_in(module: ModuleType, folder: Path) -> bool:
    file = getattr(module, "__file__", None)
    return isinstance(file, str) and Path(file).is_relative_to(folder)
