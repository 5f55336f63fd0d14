"""MiniStack, the local AWS that the demonstration and the integration tests deploy to.

    with LocalAws() as aws:
        aws.client("sqs").list_queues()
        subprocess.run(command, env=aws.environment())

It is gone with the functions it runs when the block is left, however it is left. `python -m tools.local_aws` runs
one until Ctrl-C, and says how to reach it.
"""

from __future__ import annotations

import http.client
import os
import sys
import threading
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal, overload

import boto3
from botocore.config import Config

from tools.local_aws_changes import CHANGES
from tools.local_server import HOST, LocalServer, LocalServerError
from tools.node import ROOT

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

REGION = "us-east-1"
PORT = 4566
ACCOUNT = "000000000000"


def environment_without_aws() -> dict[str, str]:
    """This process's environment, less all that could lead a command to a real account or through a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "CDK_")) and not name.upper().endswith("_PROXY")
    } | {
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def client_of(service: str, endpoint: str, **config: Any) -> Any:
    """A boto3 client of a local server, with more of botocore's `Config` if it is given."""
    make: Any = boto3.client  # whose stubs know no service that is named at run time
    return make(
        service,
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(proxies={}, **config),
    )


class LocalAws(LocalServer):
    """A running MiniStack, from entering the `with` block to leaving it.

    Args:
        environment: Settings of MiniStack's own, such as `LAMBDA_ASYNC_RETRY_BASE_SECONDS`. Its functions see
            them too, below the variables that they are deployed with.
        start_timeout: Seconds that it may take to answer.
        port: The port of its address; one that is free by default.
    """

    NAME = "the local AWS"
    PYTHON = ROOT / ".venv-ministack" / "bin" / "python"
    PROGRAM = CHANGES + "from ministack.app import main; main()"
    HEALTH = "/_ministack/health"

    def __init__(
        self, environment: Mapping[str, str] | None = None, *, start_timeout: float = 30, port: int = 0
    ) -> None:
        super().__init__(start_timeout=start_timeout, port=port)
        self._settings = dict(environment or {})
        self._making = threading.Lock()
        self._clients: dict[str, dict[str, Any]] = {}

    @property
    def variables(self) -> dict[str, str]:
        """The variables by which an AWS SDK finds it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def environment(self) -> dict[str, str]:
        """The whole environment for a command that talks to it and cannot reach a real account."""
        return environment_without_aws() | self.variables

    @overload
    def client(self, service: Literal["sqs"]) -> SQSClient: ...
    @overload
    def client(self, service: Literal["lambda"]) -> LambdaClient: ...
    @overload
    def client(self, service: str) -> Any: ...
    def client(self, service: str) -> Any:
        """A boto3 client of the service, which all share: those that wait ask for one five times a second.

        Change none of them, such as with an event handler; `client_of` makes one for that.
        """
        with self._making:
            known = self._clients.setdefault(self.endpoint, {})
            if service not in known:
                known[service] = client_of(service, self.endpoint)
            return known[service]

    def reset(self) -> None:
        """Empties it: queues, functions, stacks, and the bootstrap stack with them."""
        status, answer = self._request("POST", "/_ministack/reset")
        if status != http.client.OK:
            raise LocalServerError(f"the local AWS was not reset ({status}): {answer}\n\n{self.log_tail()}")

    def _own_environment(self) -> dict[str, str]:
        # The functions inherit all of it.
        return super()._own_environment() | {
            "STATE_DIR": f"{self._folder}/state",
            "S3_DATA_DIR": f"{self._folder}/s3",
            "BIND_HOST": HOST,
            "GATEWAY_PORT": str(self._port),
            # Queue URLs and the like name this host, whoever asks.
            "MINISTACK_HOST": HOST,
            # Both would listen on ports of their own.
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "AWS_EC2_METADATA_DISABLED": "true",
            **self._settings,
        }


def exports(endpoint: str) -> str:
    """The commands by which a shell leads the CDK, boto3 and `redrive` to it."""
    return (
        f"export AWS_ENDPOINT_URL={endpoint} AWS_DEFAULT_REGION={REGION}\n"
        "export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test"
    )


def main() -> None:
    """Runs it until Ctrl-C."""
    try:
        with suppress(KeyboardInterrupt), LocalAws(port=PORT) as aws:
            print(f"A local AWS. In another terminal:\n\n{exports(aws.endpoint)}\n\nCtrl-C ends it.", flush=True)
            aws.wait()
    except LocalServerError as error:
        sys.exit(f"local AWS: {error}")


if __name__ == "__main__":
    main()
