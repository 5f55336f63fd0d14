"""Replays of the failures of the shop, without questions."""

from __future__ import annotations

import json
from typing import Any

from redrive.destinations.history import HISTORY
from tests.support.cli.shop import kinesis_failure, run
from tests.support.cli.world import World


def replay(*arguments: str, code: int = 0) -> Any:
    """Run a replay without questions, and read its outcomes."""
    result = run("replay", *arguments, "--yes", "--output", "json")
    assert result.exit_code == code, result.output
    return json.loads(result.stdout)


def history(message: Any) -> dict[str, Any]:
    return json.loads(message.attributes[HISTORY]["StringValue"])


def put_batches(world: World, *batches: tuple[int, int, str]) -> None:
    for first, last, shard in batches:
        key = f"aws/lambda/{last:03}-{shard}"  # not in the order of the stream
        content = json.dumps(kinesis_failure(first, last, shard)).encode()
        world.s3.buckets["readings-failed"][key] = content
