"""Imports functions' handlers from the assets of a cloud assembly."""

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

from redrive_model.resources.function import FunctionSpec
from redrive_model.template.assembly import Assembly
from redrive_model.template.errors import AssemblyError
from redrive_simulator.engine.invocation import Handler

_NOTHING: Mapping[str, Any] = {}


def handler_of(assembly: Assembly, function: FunctionSpec, metadata: Mapping[str, Any]) -> Handler:
    """Import a function's handler from its asset.

    Args:
        assembly: The assembly.
        function: The function.
        metadata: `Metadata` of the resource, where the CDK records the asset's path if configured to.

    Raises:
        AssemblyError: The asset is missing, or it has no such handler.
    """
    module_name, _, attribute = function.handler.rpartition(".")
    inline = function.code.get("ZipFile")
    if inline is not None and module_name != "index":  # the handler is in a layer, which is installed here
        installed = sys.modules.get(module_name) or _imported(module_name)
        return _named(function, getattr(installed, attribute, None))
    if inline is not None:
        names: dict[str, Any] = {"__name__": "index"}
        exec(compile(inline, f"{function.name}/index.py", "exec"), names)
        return _named(function, names.get(attribute))
    folder = _asset(assembly.folder, function, metadata)
    with _modules_of(folder):
        try:
            module = _imported(module_name.replace("/", "."))
        except ImportError as error:
            raise AssemblyError(
                f"function {function.name}: its handler {function.handler!r} cannot be imported from {folder}: "
                f"{error}; install what it needs, or pass handlers={{{function.name!r}: …}}"
            ) from error
    return _named(function, getattr(module, attribute, None))


def _named(function: FunctionSpec, handler: Any) -> Handler:
    if not callable(handler):
        raise AssemblyError(f"function {function.name}: its code has no {function.handler!r}")
    return handler


def _asset(folder: Path, function: FunctionSpec, metadata: Mapping[str, Any]) -> Path:
    recorded = metadata.get("aws:asset:path")
    if isinstance(recorded, str) and (folder / recorded).is_dir():
        return folder / recorded
    key = str(function.code.get("S3Key", ""))
    hash_ = key.rpartition("/")[2].partition(".")[0]
    for file in folder.glob("*.assets.json"):
        files: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")).get("files") or {}
        source: Mapping[str, Any] = (files.get(hash_) or _NOTHING).get("source") or _NOTHING
        path = folder / str(source.get("path"))
        if source and path.is_dir():
            return path
    raise AssemblyError(
        f"function {function.name}: its code ({key or 'an image'}) is no folder of {folder}; pass "
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
