"""MiniStack, the local AWS that the demonstration and the integration tests deploy to.

    with LocalAws() as aws:
        aws.client("sqs").list_queues()
        subprocess.run(command, env=aws.environment())

It listens on the loopback address alone, keeps all its files in a folder of its own, and is gone with the
functions it runs when the block is left, however it is left.
"""

from __future__ import annotations

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self, overload

import boto3
from botocore.config import Config

from tools.node import ROOT

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

HOST = "127.0.0.1"
REGION = "us-east-1"
ACCOUNT = "000000000000"

PYTHON = ROOT / ".venv-ministack" / "bin" / "python"

# MiniStack, with a thread that ends it and its functions when the other end of its standard input closes,
# which happens even where this process is killed and has no time to end anything. (os.read: a thread that
# waits in sys.stdin holds a lock that Python wants when it exits.)
SERVE = """
import os, shutil, signal, threading

def end_with_parent():
    os.read(0, 1)
    shutil.rmtree(os.environ["TMPDIR"], ignore_errors=True)
    os.killpg(0, signal.SIGKILL)

threading.Thread(target=end_with_parent, daemon=True).start()
from ministack.app import main
main()
"""


class LocalAwsError(Exception):
    """The local AWS did not start, or did not answer."""


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


class LocalAws:
    """A running MiniStack, from entering the `with` block to leaving it.

    Args:
        environment: Settings of MiniStack's own, such as `LAMBDA_ASYNC_RETRY_BASE_SECONDS`. Its functions see
            them too, below the variables that they are deployed with.
        start_timeout: Seconds that it may take to answer.
    """

    def __init__(self, environment: Mapping[str, str] | None = None, *, start_timeout: float = 30) -> None:
        self._settings = dict(environment or {})
        self._start_timeout = start_timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self._port = 0

    @property
    def endpoint(self) -> str:
        """Where every service answers. An address, not `localhost`, which is tried as ::1 first."""
        return f"http://{HOST}:{self._port}"

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
        """A boto3 client of the service."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}),
        )

    def reset(self) -> None:
        """Empties it: queues, functions, stacks, and the bootstrap stack with them."""
        status, answer = self._request("POST", "/_ministack/reset", timeout=30)
        if status != http.client.OK:
            raise LocalAwsError(f"the local AWS was not reset ({status}): {answer}\n\n{self.log_tail()}")

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of its log."""
        text = (self._folder / "log").read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def start(self) -> None:
        """Starts it and waits until it answers.

        Raises:
            LocalAwsError: It is not installed, or ended or did not answer in time; with the end of its log.
        """
        if not PYTHON.exists():
            raise LocalAwsError(f"the local AWS is not installed ({PYTHON} is missing); run: make setup")
        self._folder = Path(tempfile.mkdtemp(prefix="redrive-aws-"))
        self._port = _free_port()
        try:
            with (self._folder / "log").open("wb") as log:
                self._process = subprocess.Popen(
                    [PYTHON, "-c", SERVE],
                    cwd=self._folder,
                    env=self._own_environment(),
                    stdin=subprocess.PIPE,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
            self._wait_until_healthy(self._process)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Ends what was started, its functions' processes included, and removes its files."""
        process, self._process = self._process, None
        if process is not None:
            # The group's number is the process's own and cannot be another's until wait() has collected it.
            # Killed outright: it holds nothing that would have to be put away.
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            if process.stdin is not None:
                process.stdin.close()
        if self._folder != Path():
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = Path()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _own_environment(self) -> dict[str, str]:
        # Nothing of this process's environment but where programs are: the functions inherit all of it.
        folder = str(self._folder)
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": folder,
            "TMPDIR": folder,
            "STATE_DIR": f"{folder}/state",
            "S3_DATA_DIR": f"{folder}/s3",
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

    def _wait_until_healthy(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + self._start_timeout
        while True:
            with suppress(OSError, http.client.HTTPException):
                status, _ = self._request("GET", "/_ministack/health", timeout=5)
                if status == http.client.OK:
                    return
            if process.poll() is not None:
                reason = f"ended with exit code {process.returncode}"
            elif time.monotonic() > deadline:
                reason = f"did not answer within {self._start_timeout:g} s"
            else:
                time.sleep(0.05)
                continue
            raise LocalAwsError(f"the local AWS on {self.endpoint} {reason}; its log ends:\n\n{self.log_tail()}")

    def _request(self, method: str, path: str, *, timeout: float) -> tuple[int, str]:
        # Not urllib: it would go through a proxy that the environment names.
        connection = http.client.HTTPConnection(HOST, self._port, timeout=timeout)
        try:
            connection.request(method, path)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        finally:
            connection.close()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind((HOST, 0))
        return int(listener.getsockname()[1])
