"""The local AWS, and apps deployed to it with the real `cdk deploy`."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.constructs.environment import set_up
from tools import cdk
from tools.local_aws import LocalAws
from tools.traffic import count

set_up()

Deploy = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="session")
def deploy(aws: LocalAws, tmp_path_factory: pytest.TempPathFactory) -> Deploy:
    """Synthesizes and deploys an app with one stack, with values for its context, and answers the stack's outputs."""
    cdk.bootstrap(aws)
    environment = {"CDK_VALIDATION": "false", "PYTHONPATH": str(Path.cwd())}

    def deploy(app: Path, **context: str) -> dict[str, str]:
        assembly = tmp_path_factory.mktemp("assembly") / "cdk.out"
        cdk.synth(app, assembly, environment=environment, context=context)
        (outputs,) = cdk.deploy(aws, assembly).values()
        return outputs

    return deploy


@pytest.fixture(scope="session")
def shop(deploy: Deploy) -> dict[str, str]:
    """app.py, deployed: the stack's outputs."""
    return deploy(Path("app.py"))


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Waits for something to come about in the local AWS."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.2)


def wait_until_empty(aws: LocalAws, *queue_urls: str, seconds: float = 90) -> None:
    wait_until(lambda: not any(count(aws, url) for url in queue_urls), seconds=seconds, what=f"{queue_urls} are empty")
