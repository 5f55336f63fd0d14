"""The local AWS, and apps deployed to it with the real `cdk deploy`."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools import cdk
from tools.local_aws import LocalAws
from tools.traffic import count

Deploy = Callable[..., dict[str, str]]


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="session")
def deploy(aws: LocalAws) -> Deploy:
    """Synthesizes and deploys an app with one stack, with values for its context, and answers the stack's outputs."""
    cdk.bootstrap(aws)
    environment = {"CDK_VALIDATION": "false", "PYTHONPATH": str(Path.cwd())}

    def deploy(app: Path, **context: str) -> dict[str, str]:
        (outputs,) = cdk.deploy_app(aws, app, environment=environment, context=context).values()
        return outputs

    return deploy


def wait_until(condition: Callable[[], bool], *, seconds: float, what: str) -> None:
    """Waits for something to come about in the local AWS."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:g} s: {what}")
        time.sleep(0.2)


def wait_until_empty(aws: LocalAws, *queue_urls: str, seconds: float = 90) -> None:
    wait_until(lambda: not any(count(aws, url) for url in queue_urls), seconds=seconds, what=f"{queue_urls} are empty")
