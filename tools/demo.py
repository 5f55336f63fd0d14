"""The demonstration: deploys app.py to a local AWS, sends it messages, and accounts for each of them.

    make demo

It ends with exit code 1 if a message is unaccounted for, or ended elsewhere than its kind should.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tools import cdk
from tools.demo_messages import Sample, done_key, entries, orders
from tools.local_aws import LocalAws
from tools.traffic import count, drain, log_events, send, text_attribute

PATIENCE = 120
BY_SQS = "received 5 times in vain, moved by SQS"


@dataclass(frozen=True, slots=True)
class Consumer:
    """A deployed consumer and what is sent to it."""

    name: str
    queue_url: str
    dead_letter_queue_url: str
    function: str
    samples: Sequence[Sample]


@dataclass(slots=True)
class Ends:
    """Where the messages of one kind have ended."""

    sent: int = 0
    receives: Counter[int] = field(default_factory=Counter[int])
    reasons: Counter[str] = field(default_factory=Counter[str])
    problems: list[str] = field(default_factory=list[str])


def main() -> None:
    """Runs the demonstration."""
    with tempfile.TemporaryDirectory(prefix="redrive-demo-") as folder:
        with step("synthesizing app.py"):
            assembly = cdk.synth(Path("app.py"), Path(folder) / "cdk.out")
        with step("starting the local AWS"):
            aws = LocalAws()
            aws.start()
        try:
            problems = run(aws, assembly)
        finally:
            aws.stop()
    if problems:
        sys.exit("\nNot as it should be:\n  " + "\n  ".join(problems))
    print("Every message is accounted for: processed, or in a dead-letter queue.")


def run(aws: LocalAws, assembly: Path) -> list[str]:
    """Deploys, sends, waits, and prints the tables. Returns what is not as it should be."""
    with step("cdk bootstrap"):
        cdk.bootstrap(aws)
    with step("cdk deploy"):
        outputs = cdk.deploy(aws, assembly)["RedriveShop"]
    consumers = [
        Consumer(
            name,
            queue_url=outputs[f"{name}QueueUrl"],
            dead_letter_queue_url=outputs[f"{name}DeadLetterQueueUrl"],
            function=outputs[f"{name}FunctionName"],
            samples=samples,
        )
        for name, samples in {"Orders": orders(), "Ledger": entries()}.items()
    ]
    for consumer in consumers:
        with step(f"sending {len(consumer.samples)} messages to {consumer.name}"):
            send(aws, consumer.queue_url, [sample.message for sample in consumer.samples])
    wait_until_empty(aws, consumers)
    problems: list[str] = []
    for consumer in consumers:
        ends = ends_of(aws, consumer)
        show(consumer.name, ends)
        problems += [f"{consumer.name}: {problem}" for end in ends.values() for problem in end.problems]
    disorder = disorder_of(aws, consumers[1])
    print(f"\nEach account's entries were booked in their order: {'no' if disorder else 'yes'}.")
    return problems + disorder


@contextmanager
def step(what: str) -> Generator[None]:
    """Says what is being done, and how long it took."""
    print(f"{what} ...", end=" ", flush=True)
    started = time.monotonic()
    yield
    print(f"{time.monotonic() - started:.1f} s", flush=True)


def wait_until_empty(aws: LocalAws, consumers: Sequence[Consumer]) -> None:
    """Waits until the source queues are empty, and shows how far they are."""
    print("waiting until all have been processed or moved to a dead-letter queue:")
    started = time.monotonic()
    while True:
        shown: list[str] = []
        left = 0
        for consumer in consumers:
            waiting, dead = count(aws, consumer.queue_url), count(aws, consumer.dead_letter_queue_url)
            left += waiting
            shown.append(f"{consumer.name}: {waiting:3} waiting, {dead:2} dead-lettered")
        passed = time.monotonic() - started
        print(f"  {passed:3.0f} s  {'   '.join(shown)}", flush=True)
        if not left:
            return
        if passed > PATIENCE:
            print(f"  gave up after {PATIENCE} s")
            return
        time.sleep(3)


def ends_of(aws: LocalAws, consumer: Consumer) -> dict[str, Ends]:
    """Looks for each message that was sent, among those processed and those dead-lettered."""
    done = {done_key(line): int(line["receives"]) for _, line in log_events(aws, consumer.function, "done")}
    dead: dict[str, str] = {}
    for message in drain(aws, consumer.dead_letter_queue_url):
        dead[message.get("Body", "")] = text_attribute(message, "RedriveReason") or BY_SQS
    found: dict[str, Ends] = {}
    for sample in consumer.samples:
        ends, body = found.setdefault(sample.kind, Ends()), sample.message.body
        ends.sent += 1
        is_done, is_dead = sample.key in done, body in dead
        if is_done:
            ends.receives[done[sample.key or ""]] += 1
        if is_dead:
            ends.reasons[dead[body]] += 1
        if (is_done, is_dead) != (not sample.fails, sample.fails):
            places = [place for place, is_there in (("processed", is_done), ("dead-lettered", is_dead)) if is_there]
            ends.problems.append(f"{body}: {' and '.join(places) or 'UNACCOUNTED FOR'}")
    return found


def show(name: str, ends: dict[str, Ends]) -> None:
    """Prints what became of each kind of message."""
    print(f"\n{name:<34} sent  processed  at receive                     dead-lettered  why")
    for kind, end in ends.items():
        receives = ", ".join(f"{times} at {number}" for number, times in sorted(end.receives.items()))
        reasons = "; ".join(reason if len(reason) <= 60 else f"{reason[:59]}…" for reason in end.reasons)
        processed, dead = end.receives.total() or "-", end.reasons.total() or "-"
        print(f"  {kind:<32} {end.sent:>4} {processed:>10}  {receives or '-':<29} {dead:>14}  {reasons}".rstrip())


def disorder_of(aws: LocalAws, ledger: Consumer) -> list[str]:
    """Where the entries of an account were not booked in their order."""
    last: dict[str, int] = {}
    found: list[str] = []
    for _, line in log_events(aws, ledger.function, "account"):
        account, number = str(line["account"]), int(line["done"])
        if number <= last.get(account, 0):
            found.append(f"Ledger: {account}/{number} was booked after {account}/{last[account]}")
        last[account] = number
    return found


if __name__ == "__main__":
    main()
