"""The demonstration's queues: what is sent to them, and where it has ended."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tools.demo_messages import Sample, done_key, entries, orders
from tools.demo_table import Ends
from tools.local_aws import LocalAws
from tools.traffic import count, drain, log_events, send, text_attribute

BY_SQS = "received 10 times in vain, moved by SQS"


@dataclass(frozen=True, slots=True)
class Consumer:
    """A deployed consumer and what is sent to it."""

    name: str
    queue_url: str
    dead_letter_queue_url: str
    function: str
    samples: Sequence[Sample]

    def send(self, aws: LocalAws) -> None:
        """Sends the messages."""
        send(aws, self.queue_url, [sample.message for sample in self.samples])

    def progress(self, aws: LocalAws) -> tuple[int, str]:
        """Returns how many messages have not ended yet, and a text that says so."""
        waiting, dead = count(aws, self.queue_url), count(aws, self.dead_letter_queue_url)
        return waiting, f"{self.name}: {waiting:3} waiting, {dead:2} dead-lettered"

    def ends(self, aws: LocalAws) -> dict[str, Ends]:
        """Looks for each message that was sent, among those processed and those dead-lettered."""
        dead: dict[str, str] = {}
        for message in drain(aws, self.dead_letter_queue_url):
            dead[message.get("Body", "")] = text_attribute(message, "RedriveReason") or BY_SQS
        return self.ends_of([line for _, line in log_events(aws, self.function, "done")], dead)

    def ends_of(self, lines: Sequence[Mapping[str, Any]], dead: Mapping[str, str]) -> dict[str, Ends]:
        """The ends of the messages.

        Args:
            lines: What the function printed of each that it has done.
            dead: The reasons of those dead-lettered, by their bodies.
        """
        done = {done_key(line): int(line["receives"]) for line in lines}
        times = Counter(map(done_key, lines))
        found: dict[str, Ends] = {}
        for sample in self.samples:
            body = sample.message.body
            found.setdefault(sample.kind, Ends()).add(
                body,
                done_at=done.get(sample.key or ""),
                reason=dead.get(body),
                should_fail=sample.fails,
            )
            if times[sample.key or ""] > 1:
                found[sample.kind].problems.append(f"{body}: done {times[sample.key or '']} times")
        return found


def consumers(outputs: Mapping[str, str]) -> list[Consumer]:
    """The consumers of app.py."""
    return [
        Consumer(
            name,
            queue_url=outputs[f"{name}QueueUrl"],
            dead_letter_queue_url=outputs[f"{name}DeadLetterQueueUrl"],
            function=outputs[f"{name}FunctionName"],
            samples=samples,
        )
        for name, samples in {"Orders": orders(), "Ledger": entries()}.items()
    ]


def disorder_of(aws: LocalAws, ledger: Consumer) -> list[str]:
    """Returns the accounts whose entries were not booked in order."""
    last: dict[str, int] = {}
    found: list[str] = []
    for _, line in log_events(aws, ledger.function, "account"):
        account, number = str(line["account"]), int(line["done"])
        if number <= last.get(account, 0):
            found.append(f"Ledger: {account}/{number} was booked after {account}/{last[account]}")
        last[account] = number
    return found
