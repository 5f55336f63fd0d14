"""Prepares the tests that make constructs, before `aws_cdk` is imported: settings, and a layer that costs no time."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import profiles
from tools.node import node_executable

#: Has `warnings_of` answered at once.
WARNINGS = Path(__file__).with_name("warnings.cjs")


def set_up() -> None:
    """Names Node.js to jsii, and a folder for the assemblies, of which the CDK removes none."""
    # The template validator costs seconds a process to start; the tests that want it run it in a process of its own.
    os.environ.setdefault("CDK_VALIDATION", "false")
    os.environ["CDK_NO_PERF_BUILTINS"] = "1"  # the CDK would measure each call of jsii that reads or writes
    os.environ.setdefault("JSII_NODE", str(node_executable()))
    options = (os.environ.get("NODE_OPTIONS", ""), f"--require={WARNINGS}", "--preserve-symlinks")
    os.environ["NODE_OPTIONS"] = " ".join(options)
    if "REDRIVE_TEST_ASSEMBLIES" not in os.environ:
        folder = tempfile.mkdtemp(prefix="redrive-assemblies-")
        os.environ["REDRIVE_TEST_ASSEMBLIES"] = os.environ["TMPDIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if profiles.PROFILE == "fast":  # `make soak` runs these tests with jsii as it is
        from tests.support.constructs.fast_jsii import speed_up

        speed_up()


@pytest.fixture(scope="session", autouse=True)
def small_layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """All apps have a layer of the same one file: copying and hashing all files for each would take the longest."""
    folder = tmp_path_factory.mktemp("layer")
    package = folder / "python" / "redrive"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()

    def staged(scope: object) -> Path:
        return folder

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("redrive_cdk.helper.layer._staged", staged)
        yield
