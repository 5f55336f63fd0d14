"""kinesis-local, for what MiniStack's Kinesis does not have: shards that are split and merged.

with LocalKinesis() as kinesis:
    kinesis.client().create_stream(StreamName="orders", ShardCount=1)
"""

from __future__ import annotations

import json
from typing import Any

from tools.local_aws import ACCOUNT, REGION, client_of
from tools.local_server import HOST, LocalServer, LocalServerError
from tools.node import NODE_MODULES, VENV, node_executable

_PACKAGE = NODE_MODULES / "kinesis-local"

# It would listen on all of the machine's addresses, and has no setting for that.
_ON_LOOPBACK = """
const { Server } = require("net");
const listen = Server.prototype.listen;
Server.prototype.listen = function (port, ready) {
  return listen.call(this, { port, host: %(host)s }, ready);
};
require(%(main)s);
"""


class LocalKinesis(LocalServer):
    """A running kinesis-local, from entering the `with` block to leaving it."""

    NAME = "the local Kinesis"
    PYTHON = VENV / "bin" / "python"
    PROGRAM = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:]))"
    HEALTH = "/healthcheck"

    def start(self) -> None:
        """Starts it and waits until it answers.

        Raises:
            LocalServerError: It is not installed, or ended or did not answer in time; with the end of its log.
        """
        if not _PACKAGE.exists():
            raise LocalServerError(f"{self.NAME} is not installed ({_PACKAGE} is missing); run: make setup")
        super().start()

    def client(self) -> Any:
        """A boto3 client of Kinesis."""
        return client_of("kinesis", self.endpoint)

    def _arguments(self) -> list[str]:
        code = _ON_LOOPBACK % {"host": json.dumps(HOST), "main": json.dumps(str(_PACKAGE / "main.js"))}
        return [str(node_executable()), "-e", code]

    def _own_environment(self) -> dict[str, str]:
        at_once = dict.fromkeys(
            ("CREATE_STREAM_DURATION", "DELETE_STREAM_DURATION", "SPLIT_SHARD_DURATION", "MERGE_SHARDS_DURATION"),
            "1ms",
        )
        return (
            super()._own_environment()
            | at_once
            | {
                "AWS_ACCOUNT_ID": ACCOUNT,
                "AWS_REGION": REGION,
                "KINESIS_MOCK_PLAIN_PORT": str(self._port),
                "KINESIS_MOCK_TLS_PORT": "0",  # any that is free: nobody asks there
                "KINESIS_MOCK_CERT_PATH": str(_PACKAGE / "server.json"),
            }
        )
