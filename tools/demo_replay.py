"""The full circle: orders fail, are listed, their cause is fixed, they are replayed, and are processed."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
import tempfile
from typing import Any

from tools.demo_queues import Consumer
from tools.local_aws import LocalAws
from tools.node import ROOT
from tools.patience import wait_for
from tools.terminal import Terminal
from tools.traffic import Outgoing, count, log_events, send

PICTURE = ROOT / "build" / "command-line.svg"
STACK = "RedriveShop"
ORDERS = 12
_REDRIVE = [sys.executable, "-m", "redrive_cli"]


def replay(aws: LocalAws, orders: Consumer) -> list[str]:
    """Send orders that fail, fix the function by a switch, and replay them. Returns what is not as it should be."""
    ids = [f"recalled {number}" for number in range(ORDERS)]
    send(aws, orders.queue_url, [Outgoing(json.dumps({"id": id, "lines": ["recalled-lamp"]})) for id in ids])
    wait_for(lambda: count(aws, orders.dead_letter_queue_url), ORDERS)
    with tempfile.TemporaryDirectory(prefix="redrive-state-") as state:
        terminal = Terminal(aws.environment() | {"REDRIVE_STATE": state})

        def redrive(*arguments: str, typed: str = "") -> str:
            printed = terminal.run(shlex.join(["redrive", *arguments]), [*_REDRIVE, *arguments], typed=typed)
            print(f"$ redrive {' '.join(arguments)}\n{printed}", flush=True)
            return printed

        redrive("failures", STACK)
        redrive("show", _one(terminal), STACK, "--logs")
        _switch(aws, orders.function)
        terminal.say("# the recall has ended: a variable of the function says so")
        redrive("replay", STACK, "--reason", "recalled", "--note", "recall ended", "--follow", typed="y\n")
        wait_for(lambda: len(_done(aws, orders).intersection(ids)), len(ids))
        redrive("failures", STACK)
    PICTURE.parent.mkdir(exist_ok=True)
    PICTURE.write_text(terminal.picture("redrive"), encoding="utf-8")
    print(f"This terminal as a picture: {PICTURE}")
    problems = [f"exit codes {terminal.codes}"] if any(terminal.codes) else []
    problems += [f"{id}: not processed after its replay" for id in ids if id not in _done(aws, orders)]
    return [f"Replay: {problem}" for problem in problems]


def _one(terminal: Terminal) -> str:
    """Return the id of one of the failures, which the picture does not show."""
    command = [*_REDRIVE, "failures", STACK, "--reason", "recalled", "--list", "--output", "jsonl"]
    listed = subprocess.run(command, env=terminal.environment, capture_output=True, text=True, check=True).stdout
    return str(json.loads(listed.splitlines()[0])["message_id"])


def _switch(aws: LocalAws, function: str) -> None:
    functions: Any = aws.client("lambda")
    found = functions.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=function, Environment={"Variables": {**found, "RECALL_ENDED": "1"}}
    )


def _done(aws: LocalAws, orders: Consumer) -> set[str]:
    return {str(line["done"]) for _, line in log_events(aws, orders.function, "done")}
