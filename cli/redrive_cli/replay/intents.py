"""Writes into the journal what is about to be sent, and what became of it."""

from __future__ import annotations

from collections.abc import Sequence

from redrive_cli.calls import may_have_worked
from redrive_cli.replay.item import Item, NotSent, Outcome, Sent
from redrive_cli.replay.journal import Journal
from redrive_cli.replay.rest import Rest


class Intents:
    """The calls for some events. If AWS refuses a call, none of its events stays in doubt because of it.

    Failures that an interrupted run may have sent stay in doubt although this run does not send them.

    Args:
        journal: The journal.
        rest: What interrupted runs left.
    """

    def __init__(self, journal: Journal, rest: Rest) -> None:
        self._journal = journal
        self._rest = rest
        self._waiting: dict[str, None] = {}

    def begin(self, items: Sequence[Item]) -> None:
        """Write what the next call is to send."""
        ids = [item.found.id for item in items]
        self._journal.intend(ids)
        self._waiting.update(dict.fromkeys(ids))

    def end(self, outcomes: Sequence[tuple[Item, Outcome]]) -> None:
        """Write what became of events; what is in doubt stays intended."""
        sent: list[str] = []
        not_sent: list[str] = []
        for item, outcome in outcomes:
            id = item.found.id
            self._waiting.pop(id, None)
            if isinstance(outcome, Sent):
                sent.append(id)
            elif isinstance(outcome, NotSent) and (outcome.failed_again or not self._rest.was_intended(id)):
                not_sent.append(id)
        self._journal.note("sent", sent)
        self._journal.note("not_sent", not_sent)

    def __enter__(self) -> Intents:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception) and not may_have_worked(error, getattr(error, "operation_name", "")):
            self._journal.note("not_sent", [id for id in self._waiting if not self._rest.was_intended(id)])
