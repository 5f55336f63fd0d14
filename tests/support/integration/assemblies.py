"""Apps, synthesized in this process: to start Python, the CDK and Node.js for each takes longer than all the rest."""

from __future__ import annotations

import json
import os
import runpy
from functools import partial
from pathlib import Path

import pytest

from tools.node import ROOT, node_executable


def synthesize(app: Path, output: Path, **context: str) -> Path:
    """Runs an app as the CDK's command line does, with values for its context besides those of cdk.json.

    Returns:
        The assembly's folder, which is `output`.
    """
    os.environ.setdefault("JSII_NODE", str(node_executable()))
    os.environ.setdefault("CDK_VALIDATION", "false")  # seconds a process; the CDK looks when it is imported
    import aws_cdk

    settings = json.loads((ROOT / "cdk.json").read_text())["context"]
    of_the_command_line = {"aws:cdk:enable-path-metadata": True, "aws:cdk:enable-asset-metadata": True}
    values = {**settings, **of_the_command_line, **context}
    with pytest.MonkeyPatch.context() as patch:
        # The command line gives them in variables, which Node.js reads only when it begins.
        patch.setattr(aws_cdk, "App", partial(aws_cdk.App, context=values, outdir=str(output)))
        runpy.run_path(str(app), run_name="__main__")
    return output
