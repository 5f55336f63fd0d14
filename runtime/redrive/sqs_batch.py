"""One batch of SQS messages: in which order they run, and what came of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from redrive.deadline import Deadline
from redrive.frozen import Frozen
from redrive.sqs_message import messages_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from redrive.settings import SqsSettings
    from redrive.sqs_decision import Decision
    from redrive.sqs_message import SqsMessage

    Message = SqsMessage[Any]
    Why = Literal["retried", "deferred", "held", "circuit_open"]


class Returned(Frozen):
    """A message to be received again.

    Attributes:
        message: The message.
        wait: After how many seconds. `None`: when the queue's own visibility timeout ends.
        why: It failed (`retried`), was not started for lack of time (`deferred`), stands in its group behind one that
            failed (`held`), or was not started since a circuit is open (`circuit_open`).
    """

    __slots__ = ("message", "wait", "why")
    message: Message
    wait: int | None
    why: Why

    def __init__(self, message: Message, wait: int | None, why: Why) -> None:
        self._set(message=message, wait=wait, why=why)


class SqsBatch:
    """The state of one invocation.

    Workers write into it side by side, each under its own messages' ids and with single operations: it needs no lock.

    Args:
        records: The event's records, each with a `messageId`.
        source_arn: The queue they come from.
        settings: What is known of that queue.
        context: Lambda's context.
        margin: Seconds to keep free before the deadline, `None` for as many as fit.

    Attributes:
        messages: All messages, in the order of the batch.
        returned: Those to be received again, by id.
        set_aside: Those to be sent to the dead-letter queue, with error and decision, by id.
        dead_lettered: The ids of those that were sent.
        not_sent: The ids of those that should have been and were not.
        failures: What was decided of each that failed, by id.
    """

    def __init__(
        self,
        records: Sequence[Mapping[str, Any]],
        *,
        source_arn: str,
        settings: SqsSettings,
        context: Any,
        margin: float | None,
    ) -> None:
        self.fifo = source_arn.endswith(".fifo")
        self.source_arn = source_arn
        self.settings = settings
        self.context = context
        self.deadline = Deadline(context, margin)
        self.messages: list[Message] = messages_of(records, settings.max_receive_count)
        self.returned: dict[str, Returned] = {}
        self.set_aside: dict[str, tuple[Message, BaseException, Decision]] = {}
        self.dead_lettered: set[str] = set()
        self.not_sent: set[str] = set()
        self.failures: dict[str, Decision] = {}
        self._waiting: list[Iterator[Message]] = []

    def lanes(self, workers: int) -> list[Iterator[Message]]:
        """The lanes: one for each message group of a FIFO queue; else one for each worker, which share all messages."""
        within = self.deadline.within
        if not self.fifo:
            together = iter(self.messages)
            self._waiting = [together]
            return [within(together) for _ in range(min(workers, len(self.messages)))]
        groups: dict[str | None, list[Message]] = {}
        for message in self.messages:
            groups.setdefault(message.group_id, []).append(message)
        self._waiting = [iter(group) for group in groups.values()]
        return [self._ordered(group) for group in self._waiting]

    def _ordered(self, group: Iterator[Message]) -> Iterator[Message]:
        for message in self.deadline.within(group):
            yield message
            failed = self.returned.get(message.id)
            if failed is not None:
                # The group waits as a whole: SQS delivers none of it before all of it is visible again.
                self._return(group, failed.wait, "held")

    def halt(self, wait: int | None) -> None:
        """Return what has not been started: it would meet the same open circuit.

        Args:
            wait: After how many seconds it is to be received again.
        """
        for messages in self._waiting:
            self._return(messages, wait, "circuit_open")

    def defer_rest(self) -> None:
        """Return what was not started for lack of time: visible again at once, for an invocation that has the time."""
        for messages in self._waiting:
            self._return(messages, 0, "deferred")

    def _return(self, messages: Iterator[Message], wait: int | None, why: Why) -> None:
        for message in messages:
            self.returned[message.id] = Returned(message, wait, why)
