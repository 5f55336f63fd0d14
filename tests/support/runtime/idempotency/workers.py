"""Programs that share a table for idempotency: many at once, one that comes too late, and some that are killed.

    python -m tests.support.runtime.idempotency.worker race '{"table": …}'

Their functions are those of this module, so that whoever imports it calls the same ones. What they do is a line in a
file of its own, which is there when its writer is not any more.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from traceback import print_exc
from typing import Any

from redrive import Idempotency, IdempotencySettings, SqsMessage, idempotent, sqs_handler
from redrive.aws.clients import client, clients
from redrive.idempotency.errors import InProgress
from redrive.settings.idempotency import OWNER_KEYS
from tests.support.runtime.sqs.queue import Context, batch, returned
from tools import forks
from tools.local_aws import LocalAws

_PROGRAM = "tests.support.runtime.idempotency.worker"
_SAYS = "idempotency-worker"
#: Time that invocations may take, in seconds, where it does not matter.
PATIENCE = 30.0


class Effects:
    """Effects in the order in which they happened, one line each.

    Args:
        path: The file.
    """

    def __init__(self, path: str) -> None:
        self.path = path

    def add(self, *words: object) -> None:
        """Records something. A line is written in one piece, and stays when its writer is killed."""
        file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, (" ".join(map(str, words)) + "\n").encode())
        finally:
            os.close(file)

    def lines(self) -> list[list[str]]:
        """All that was recorded, in words."""
        file = Path(self.path)
        return [line.split() for line in file.read_text().splitlines()] if file.exists() else []


def settings(table: str) -> IdempotencySettings:
    return IdempotencySettings(table=table)


# The functions.


def charging(using: Idempotency, effect: Callable[[Any], object]) -> Callable[[Any], Any]:
    """A function that has an effect for each order."""

    def charge(order: object) -> dict[str, object]:
        effect(order)
        return {"order": order, "by": os.getpid()}

    return idempotent(using=using)(charge)


def handling(using: Idempotency, effect: Callable[[Any], object]) -> Callable[[Any, Any], Any]:
    """A Lambda handler that has an effect for each event's order."""

    def handler(event: Mapping[str, Any], context: object) -> dict[str, object]:
        effect(event["order"])
        return {"order": event["order"], "by": os.getpid()}

    return idempotent(using=using, key="order")(handler)


def consuming(using: Idempotency, effect: Callable[[str], object], **options: Any) -> Callable[[Any, Any], Any]:
    """A Lambda handler that has an effect for each message; its key is the message's body."""

    def handle(message: SqsMessage[str]) -> None:
        effect(message.body)

    return sqs_handler(idempotency=using.replace(key=lambda message: message.body), **options)(handle)


def messages(size: int, **options: Any) -> dict[str, Any]:
    """An event whose messages cannot be made visible earlier, for there is no queue."""
    made = batch(size, **options)
    for record in made["Records"]:
        del record["receiptHandle"]
    return made


def kind_of(statement: Mapping[str, Any]) -> str:
    """Classifies a statement: it claims, completes, releases, or is about the owner of claims."""
    text: str = statement["Statement"]
    if any(each.get("S", "").startswith(OWNER_KEYS) for each in statement["Parameters"]):
        return "renew"
    if text.startswith("DELETE"):
        return "release"
    return "claim" if text.startswith("INSERT") or 'SET "owner"' in text else "complete"


# As whoever runs the programs sees them.


@contextmanager
def started(aws: LocalAws, name: str, **arguments: Any) -> Iterator[forks.Process]:
    """A program that runs until the end of the block, and may be killed before."""
    with forks.start("-m", _PROGRAM, name, json.dumps(arguments), env=aws.environment()) as process:
        try:
            yield process
        finally:
            process.kill()


def outcome_of(process: forks.Process) -> Any:
    """The next thing that a program says."""
    assert process.stdout is not None
    for line in process.stdout:
        said = _said(line)
        if said:
            return said[0]
    raise AssertionError("the program has ended without an answer")


def outcomes(aws: LocalAws, name: str, **arguments: Any) -> list[Any]:
    """All that a program says until it ends."""
    with started(aws, name, **arguments) as process:
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 0, errors
    return [outcome for line in said.splitlines() for outcome in _said(line)]


def _said(line: str) -> list[Any]:
    """Returns a line's content; nothing for a line of the helpers, whose metrics are lines, too."""
    found = json.loads(line)
    return [found[_SAYS]] if _SAYS in found else []


# As they see themselves.


def main() -> None:
    """Run the program that the command line names."""
    from tests.support.runtime.idempotency.deliveries import deliver

    program = {"race": race, "own": own, "deliver": deliver}[sys.argv[1]]
    program(**json.loads(sys.argv[2]))


def say(outcome: object) -> None:
    """Say one line, in one piece."""
    os.write(1, (json.dumps({_SAYS: outcome}) + "\n").encode())


def in_processes(works: Sequence[Callable[[], object]]) -> list[int]:
    """Run each work in a process of its own, all of them at the same moment; how each has ended.

    They are forked from this one, which has no threads: what it has imported need not be imported again.
    """
    gate, opener = os.pipe()
    children: list[int] = []
    for work in works:
        child = os.fork()
        if not child:
            status = 1
            try:
                os.close(opener)
                os.read(gate, 1)
                work()
                status = 0
            except BaseException:
                print_exc()
            finally:
                os._exit(status)  # nothing of what the parent has put off to its end is the child's
        children.append(child)
    os.close(gate)
    os.close(opener)
    return [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]


def race(table: str, effects: str, processes: int, orders: int, kind: str) -> None:
    """Each process calls until it has a result for each order, and says them and how often it was to wait."""
    recorded = Effects(effects)

    def effect(order: object) -> None:
        recorded.add(order, os.getpid())
        time.sleep(1.0 / orders)  # long enough for the others to come in between on a busy machine

    using = Idempotency(settings=settings(table))
    function, handler = charging(using, effect), handling(using, effect)
    consumer = consuming(using, effect)
    waits = 0

    def patiently(call: Callable[[], Any]) -> Any:
        nonlocal waits
        while True:
            try:
                return call()
            except InProgress:
                waits += 1
                time.sleep(0.1)

    def calls(order: int) -> Any:
        if kind == "function":
            return patiently(lambda: function(order))
        return patiently(lambda: handler({"order": order}, Context(time.time, PATIENCE)))

    def consume() -> list[Any]:
        nonlocal waits
        event = messages(orders)
        while left := returned(consumer(event, Context(time.time, PATIENCE))):
            waits += 1
            time.sleep(0.1)
            event["Records"] = [record for record in event["Records"] if record["messageId"] in left]
        return []

    def work() -> None:
        results = consume() if kind == "batch" else [calls(order) for order in range(orders)]
        say({"results": results, "waits": waits})

    warm_up(table)
    statuses = in_processes([work] * processes)
    assert statuses == [0] * processes


def own(table: str, effects: str, kind: str, lease: float, ending: str) -> None:
    """Says when an effect has begun, goes on when the test says so, and says what has come of it."""
    recorded = Effects(effects)

    def effect(order: object) -> None:
        recorded.add(order, os.getpid())
        say("running")
        sys.stdin.readline()
        if ending == "raise":
            raise ValueError("does not work")

    using = Idempotency(settings=settings(table), lease=lease, clock_skew=0)
    failures: list[str] = []
    if kind == "batch":
        consumer = consuming(using, effect, on_failure=lambda failure: failures.append(failure.error_type))
        say({"returned": returned(consumer(messages(1), None)), "errors": failures})
        return
    try:
        say({"result": charging(using, effect)("0")})
    except Exception as error:
        say({"error": type(error).__name__, "result": getattr(error, "result", None)})


def warm_up(table: str) -> None:
    """Import what a call needs, so that not each process has to, and have a client that is not connected yet.

    Nothing is left of it in the table, nor a thread.
    """

    def fail(order: object) -> None:
        raise ValueError("on purpose")

    with suppress(ValueError):
        charging(Idempotency(settings=settings(table), prefix="warm-up/", lease=PATIENCE), fail)("warm-up")
    make = clients.get()
    clients.use(partial(make))  # what is made by another factory is made anew
    client("dynamodb")
