"""Keeps the state of a batch of SQS messages: their order and the outcome of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from redrive.core.frozen import Frozen
from redrive.core.invocation import Deadline
from redrive.sqs.message import have_attributes, highest_receive_count, messages_of, was_sent_back

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Literal

    from redrive.settings.sqs import SqsSettings
    from redrive.sqs.decision import Decision, FailedMessage
    from redrive.sqs.message import SqsMessage

    Message = SqsMessage[Any]
    NotTried = Literal["deferred", "circuit_open"]
    Why = Literal["retried", "held"] | NotTried


_SENDING_BACK = 0.001  # seconds for each message, in several threads


class Returned(Frozen):
    """A message that will be received again.

    Attributes:
        wait: Seconds until then. `None`: until the queue's own visibility timeout ends; not decided yet if deferred.
        why: `retried`: it failed. `deferred`: it was not started for lack of time. `held`: a message before it in its
            group failed. `circuit_open`: it was not started because a circuit is open.
    """

    message: Message
    wait: int | None
    why: Why


class SqsBatch:
    """The state of one invocation.

    Attributes:
        receive_count: The highest receive count of the messages.
        messages: The messages, those delivered most often first; of a FIFO queue, the groups of those.
        returned: The messages to be received again, by message id.
        dead_letters: The messages to dead-letter at the end of the batch, by message id.
        dead_lettered: The ids of the messages that were dead-lettered.
        not_dead_lettered: The ids of the messages that could not be dead-lettered.
        sent_back: The number of messages that were sent back to their queue as new messages.
        failures: The decision for each failed message, by message id.
    """

    # Needs no lock: workers write only under the ids of their own messages, with single operations.
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
        self.receive_count = highest_receive_count(records)
        if self.receive_count > 1 or (not self.fifo and have_attributes(records)):
            self._order()
        most = settings.max_receive_count
        if most is not None and self.receive_count >= most and not self.fifo:
            # Messages not started then are sent back, ten at a time, or SQS moves them to the dead-letter queue.
            self.deadline.reserve(len(records) * _SENDING_BACK)
        self.returned: dict[str, Returned] = {}
        self.dead_letters: dict[str, FailedMessage] = {}
        self.dead_lettered: set[str] = set()
        self.not_dead_lettered: set[str] = set()
        self.sent_back = 0
        self.failures: dict[str, Decision] = {}
        self._waiting: list[Iterator[Message]] = []

    def _order(self) -> None:
        """Put those first that were delivered most often: they have the fewest receives left."""
        key: Callable[[Message], int]
        if self.fifo:
            groups: dict[str | None, int] = {}
            for message in self.messages:
                groups[message.group_id] = max(message.receive_count, groups.get(message.group_id, 0))
            key = lambda message: groups[message.group_id]  # noqa: E731
        elif any(map(was_sent_back, self.messages)):
            from redrive.sqs.origin import deliveries

            key = deliveries
        elif self.receive_count > 1:
            key = _receive_count
        else:
            return
        self.messages.sort(key=key, reverse=True)  # keeps the order of equal ones

    def lanes(self, workers: int) -> list[Iterator[Message]]:
        """Return one lane per message group of a FIFO queue, else one per worker over all messages."""
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
                # The group waits as a whole: SQS delivers none of it until all of it is visible again.
                self._return(group, failed.wait, "held")

    def retry(self, message: Message) -> None:
        """Mark a message as returned whose failure could not be handled, unless it is dead-lettered."""
        if message.id not in self.dead_lettered and message.id not in self.dead_letters:
            self.returned.setdefault(message.id, Returned(message, None, "retried"))

    def not_done(self) -> list[str]:
        """Return the ids of the messages to be received again, in their order here."""
        undone = self.returned.keys() | (self.dead_letters.keys() - self.dead_lettered)
        return [each for each in dict.fromkeys(message.id for message in self.messages) if each in undone]

    def halt(self, wait: int | None) -> None:
        """Mark all unstarted messages as returned for `wait` seconds: they would meet the same open circuit."""
        for messages in self._waiting:
            self._return(messages, wait, "circuit_open")

    def defer_rest(self) -> None:
        """Mark all unstarted messages as deferred."""
        for messages in self._waiting:
            self._return(messages, None, "deferred")

    def _return(self, messages: Iterator[Message], wait: int | None, why: Why) -> None:
        for message in messages:
            self.returned[message.id] = Returned(message, wait, why)


def _receive_count(message: Message) -> int:
    return message.receive_count
