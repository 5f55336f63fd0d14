"""The local AWS, and apps deployed to it with the real `cdk deploy`."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.support.integration.assemblies import synthesize
from tools import cdk, forks
from tools.local_aws import LocalAws
from tools.traffic import count

Deploy = Callable[..., dict[str, str]]

# Imports of the programs that these tests start.
forks.preload("boto3", "redrive_cli.commands.replay", "tests.support.runtime.idempotency.deliveries")


@pytest.fixture(scope="session")
def aws() -> Iterator[LocalAws]:
    with LocalAws() as running:
        yield running


@pytest.fixture(scope="session")
def deploy(aws: LocalAws) -> Deploy:
    return deploying(aws)


def deploying(aws: LocalAws) -> Deploy:
    """Prepares a local AWS for `cdk deploy`, and returns what deploys an app to it.

    That synthesizes an app with one stack, with values for its context, deploys it, and answers the stack's outputs.
    A second file that deploys an app needs a local AWS of its own: it would find what the first has sent.
    """
    cdk.bootstrap_with_template(aws)

    def deploy(app: Path, **context: str) -> dict[str, str]:
        with TemporaryDirectory(prefix="redrive-cdk-") as output:
            (outputs,) = cdk.deploy(aws, synthesize(app, Path(output), **context)).values()
            return outputs

    return deploy


def wait_until(
    condition: Callable[[], bool], *, seconds: float, what: str, seen: Callable[[], object] | None = None
) -> None:
    """Waits for something to come about in the local AWS, and says otherwise what there is."""
    end, pause = time.monotonic() + seconds, 0.2
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"not within {seconds:g} s: {what}" + (f"; there is {seen()}" if seen else ""))
        time.sleep(pause)
        pause = min(pause + 0.02, 0.6)  # who waits for long asks less often: an answer costs both sides time


def wait_until_empty(aws: LocalAws, *queue_urls: str, seconds: float = 90) -> None:
    wait_until(lambda: not any(count(aws, url) for url in queue_urls), seconds=seconds, what=f"{queue_urls} are empty")
