"""The demonstration's asynchronous path: invoices sent to a function, and where they have ended."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redrive import InvocationRecord, Invoker, InvokerSettings
from redrive.aws.clients import clients
from tools.demo_table import Ends
from tools.invocation_records import completed
from tools.local_aws import LocalAws
from tools.traffic import count, drain, log_events

_PAUSE = 0.1
#: How many invoices are under way for the first time at once, each of which starts a process.
_STARTING = 3
#: Seconds after which the next one is sent all the same.
_PATIENCE = 20.0


@dataclass(frozen=True, slots=True)
class Invoice:
    """One event of the demonstration.

    Attributes:
        kind: What is said of it in the table.
        event: The event.
        fails: Whether it should end in the failure queue, and not be processed.
    """

    kind: str
    event: dict[str, Any]
    fails: bool = False


@dataclass(frozen=True, slots=True)
class Invocations:
    """A deployed function and what is sent to it."""

    function: str
    failure_queue_url: str
    invoices: Sequence[Invoice]

    def send(self, aws: LocalAws) -> None:
        """Invokes the function asynchronously with each invoice, not faster than one machine can start functions."""
        invoker = Invoker(settings=InvokerSettings(function=self.function))
        with clients.replaced(lambda service, limits: aws.client(service)):
            for number, invoice in enumerate(self.invoices):
                give_up = time.monotonic() + _PATIENCE
                while number - self._tried(aws) >= _STARTING and time.monotonic() < give_up:
                    time.sleep(_PAUSE)
                invoker.send(invoice.event)

    def progress(self, aws: LocalAws) -> tuple[int, str]:
        """Returns how many invoices have not ended yet, and a text that says so."""
        drawn, failed = len(self._drawn(aws)), count(aws, self.failure_queue_url)
        left = len(self.invoices) - drawn - failed
        return left, f"Invoices: {left:3} waiting, {failed:2} failed"

    def ends(self, aws: LocalAws) -> dict[str, Ends]:
        """Looks for each invoice, among those drawn and in the failure queue's records."""
        return self.ends_of(
            self._drawn(aws), [completed(message.get("Body", "")) for message in drain(aws, self.failure_queue_url)]
        )

    def ends_of(self, drawn: Mapping[str, int], records: Iterable[InvocationRecord]) -> dict[str, Ends]:
        """The ends of the invoices.

        Args:
            drawn: At which attempt each was drawn, by its id.
            records: Of those that have failed for good.
        """
        failed: dict[str, str] = {}
        for record in records:
            payload: Any = record.payload
            failed[payload["id"]] = record.error_message or "no reason given"
        found: dict[str, Ends] = {}
        for invoice in self.invoices:
            number = invoice.event["id"]
            found.setdefault(invoice.kind, Ends()).add(
                json.dumps(invoice.event),
                done_at=drawn.get(number),
                reason=failed.get(number),
                should_fail=invoice.fails,
            )
        return found

    def _tried(self, aws: LocalAws) -> int:
        """Counts those that were tried at least once. Those drawn at the first attempt log nothing else."""
        failed = {line["request_id"] for _, line in log_events(aws, self.function, "request_id")}
        return len(failed) + list(self._drawn(aws).values()).count(0)

    def _drawn(self, aws: LocalAws) -> dict[str, int]:
        return {line["drawn"]: int(line["attempt"]) for _, line in log_events(aws, self.function, "drawn")}


def invocations(outputs: Mapping[str, str]) -> Invocations:
    """The function of app.py, with 30 invoices of several kinds for it."""
    kinds: Sequence[tuple[int, str, dict[str, Any], bool]] = (
        (12, "in order", {}, False),
        (4, "in another currency", {"currency": "CHF"}, False),
        (6, "not with pictures", {"lines": ["chair", "missing-picture"]}, False),
        (4, "not with fonts", {"lines": ["chair", "broken-font"]}, False),
        (4, "cannot be drawn", {"lines": ["endless-table"]}, True),
        (2, "in an unknown currency", {"currency": "shells"}, True),
    )
    common = {"lines": ["chair"], "currency": "EUR", "total": 120}
    made = [
        Invoice(kind, {"id": f"{kind} {number}", **common, **own}, fails)
        for times, kind, own, fails in kinds
        for number in range(times)
    ]
    return Invocations(outputs["InvoicesFunctionName"], outputs["InvoicesFailureQueueUrl"], made)
