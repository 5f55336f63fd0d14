"""app.py, deployed once for the tests of this folder."""

from pathlib import Path

import pytest

from tests.integration.conftest import Deploy
from tools.local_aws import LocalAws


@pytest.fixture(scope="session")
def shop(aws: LocalAws, deploy: Deploy) -> dict[str, str]:
    """app.py, deployed: the stack's outputs."""
    outputs = deploy(Path("app.py"))
    for name, function in outputs.items():
        if name.endswith("FunctionName"):
            # More time than app.py gives them, since the machine may be busy.
            aws.client("lambda").update_function_configuration(FunctionName=function, Timeout=60)
    return outputs
