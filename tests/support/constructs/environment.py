"""Prepares the tests that make constructs, before `aws_cdk` is imported: settings, and a layer that costs no time."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest

from tools.node import node_executable

#: Has `warnings_of` answered at once.
WARNINGS = Path(__file__).with_name("warnings.cjs")
#: What jsii starts, in place of its own.
RUNTIME = Path(__file__).with_name("runtime.cjs")


def set_up() -> None:
    """Names Node.js to jsii, and a folder for the assemblies, of which the CDK removes none."""
    # The template validator costs seconds a process to start; the tests that want it run it in a process of its own.
    os.environ.setdefault("CDK_VALIDATION", "false")
    os.environ.setdefault("JSII_NODE", str(node_executable()))
    options = (os.environ.get("NODE_OPTIONS", ""), f"--require={WARNINGS}", "--preserve-symlinks")
    os.environ["NODE_OPTIONS"] = " ".join(options)
    if "REDRIVE_TEST_ASSEMBLIES" not in os.environ:
        folder = tempfile.mkdtemp(prefix="redrive-assemblies-")
        os.environ["REDRIVE_TEST_ASSEMBLIES"] = os.environ["TMPDIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _check_each_type_once()
    _begin_one_process()


def _begin_one_process() -> None:
    """Has jsii begin one process of Node.js where it begins two: the first only passes on what the second says."""
    from jsii._kernel.providers.process import (  # pyright: ignore[reportMissingTypeStubs]  # jsii has no public seam
        _NodeProcess as NodeProcess,  # pyright: ignore[reportPrivateUsage]
    )

    extract = NodeProcess._jsii_runtime  # pyright: ignore[reportPrivateUsage]

    def extract_ours(self: Any) -> str:
        runtime = extract(self)
        shutil.copyfile(RUNTIME, runtime)
        return runtime

    NodeProcess._jsii_runtime = extract_ours


def _check_each_type_once() -> None:
    """Remembers which types of arguments jsii has found to be right: it looks at each argument of each call."""
    from jsii import _type_checking as checking

    check = checking._resolve_check()
    right: set[tuple[type, Any]] = set()

    def check_once(argname: str, value: object, expected_type: Any) -> Any:
        # The items of a collection are checked each time.
        pair = (type(value), expected_type)
        if isinstance(value, Collection) and not isinstance(value, str):
            return check(argname=argname, value=value, expected_type=expected_type)
        if pair not in right:
            check(argname=argname, value=value, expected_type=expected_type)
            right.add(pair)
        return None

    checking._resolved_check = check_once


@pytest.fixture(scope="session", autouse=True)
def small_layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The layer is made of one file: each app copies and hashes all of its files, which takes longer than the rest."""
    package = tmp_path_factory.mktemp("layer") / "redrive"
    package.mkdir()
    (package / "__init__.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("redrive_cdk.helper.layer.PACKAGES", (package,))
        yield
