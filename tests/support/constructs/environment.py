"""What the tests that make constructs need before `aws_cdk` is imported, and a layer that costs no time."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Iterator

import pytest

from tools.node import node_executable


def set_up() -> None:
    """Names Node.js to jsii, and a folder for the assemblies, of which the CDK removes none."""
    # The template validator costs seconds a process to start; the tests that want it run it in a process of its own.
    os.environ.setdefault("CDK_VALIDATION", "false")
    os.environ.setdefault("JSII_NODE", str(node_executable()))
    if "REDRIVE_TEST_ASSEMBLIES" not in os.environ:
        folder = tempfile.mkdtemp(prefix="redrive-assemblies-")
        os.environ["REDRIVE_TEST_ASSEMBLIES"] = os.environ["TMPDIR"] = folder
        atexit.register(shutil.rmtree, folder, ignore_errors=True)


@pytest.fixture(scope="session", autouse=True)
def small_layer(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """The layer is made of one file: each app copies and hashes all of its files, which takes longer than the rest."""
    package = tmp_path_factory.mktemp("layer") / "redrive"
    package.mkdir()
    (package / "__init__.py").touch()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("redrive_cdk.helper.layer.PACKAGES", (package,))
        yield
