"""Reads failures out of a queue, and gives back those that are not deleted."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from threading import Lock
from typing import Any

from redrive_cli.aws import Aws
from redrive_cli.calls import TRIES, passes, repeated, wait
from redrive_cli.errors import code_of
from redrive_cli.failures.found import Found
from redrive_cli.failures.reader import MOST, Counts
from redrive_cli.failures.reading import in_message
from redrive_cli.places.place import QueuePlace
from redrive_cli.places.queue import attributes_of, counts_of

# A long poll asks all servers of a queue, a short one only some:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-short-and-long-polling.html
_WAIT = 1
# In seconds. As long as all messages can be received once, so that none comes twice; they are given back at the end.
_SHORTEST, _LONGEST = 30, 900
# Messages a second that are received at least.
_PACE = 200
# Receives in a row with nothing new, after which a queue only repeats itself.
_STALE = 3
_OVER_LIMIT = ("OverLimit", "AWS.SimpleQueueService.OverLimit")
_REMEMBERED = 1000


class QueueReader:
    """Reads a queue; see `Reader`.

    Args:
        aws: The account.
        place: The queue.
        expected: How many messages will be taken at most; `None`: all.
    """

    def __init__(self, aws: Aws, place: QueuePlace, expected: int | None = None) -> None:
        self._sqs = aws.client("sqs", place.region)
        self._place = place
        self._lock = Lock()
        # The latest receipt handles of what was taken, by message id. It is what has to be given back, and what must
        # not count as another failure if it comes again.
        self._held: dict[str, str] = {}
        # SQS may deliver a deleted message once more, soon after: so the latest are enough, and the memory stays flat.
        self._deleted: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._stale = 0
        self._exhausted = False
        self._note = ""
        counts = counts_of(attributes_of(aws, place))
        self._counts = Counts(total=counts.total, in_flight=counts.in_flight, delayed=counts.delayed)
        taken = counts.total if expected is None else min(expected, counts.total)
        self._timeout = min(_LONGEST, _SHORTEST + taken // _PACE)

    @property
    def exhausted(self) -> bool:
        """True if the queue has nothing new."""
        return self._exhausted

    @property
    def note(self) -> str:
        """The limit of SQS that ended it, if one did."""
        return self._note

    def counts(self) -> Counts:
        """Return the counts, before anything was taken."""
        return self._counts

    def take(self, most: int = MOST) -> Sequence[Found]:
        """Return up to ten failures that were not taken before."""
        try:
            reply = repeated(
                lambda: self._sqs.receive_message(
                    QueueUrl=self._place.url,
                    MaxNumberOfMessages=max(1, min(MOST, most)),
                    VisibilityTimeout=self._timeout,
                    WaitTimeSeconds=_WAIT,
                    MessageAttributeNames=["All"],
                    MessageSystemAttributeNames=["All"],
                )
            )
        except Exception as error:
            if code_of(error) not in _OVER_LIMIT:
                raise
            self._note = "SQS lets no more messages be in flight at once: the rest was not seen"
            self._exhausted = True
            return ()
        messages: list[dict[str, Any]] = reply.get("Messages") or []
        new: list[Found] = []
        with self._lock:
            for message in messages:
                id = message["MessageId"]
                digest = _digest(id)
                is_new = id not in self._held and digest not in self._deleted
                self._held[id] = message["ReceiptHandle"]
                if is_new:
                    new.append(in_message(message, self._place))
            self._stale = 0 if new else self._stale + 1
            self._exhausted = not messages or self._stale >= _STALE
        return new

    def delete(self, several: Sequence[Found]) -> Mapping[str, str]:
        """Delete messages, and return the errors of those that were not deleted, by message id."""
        entries = {each.key: self._held.get(each.key, each.handle) for each in several}
        errors = self._each(
            entries, lambda batch: self._sqs.delete_message_batch(QueueUrl=self._place.url, Entries=batch), {}
        )
        with self._lock:
            for id in entries.keys() - errors.keys():
                self._held.pop(id, None)
                self._deleted.append(_digest(id))
        return errors

    def keep(self, several: Sequence[Found], seconds: int) -> None:
        """Hide messages for some more seconds; what cannot be hidden may be received by others."""
        self._change([each.key for each in several], seconds)

    def again(self) -> None:
        """Go on after the end: what was taken and deleted is remembered."""
        self._exhausted, self._stale = False, 0

    def close(self) -> None:
        """Make everything visible that was taken and not deleted. What fails becomes visible a little later."""
        with self._lock:
            ids = list(self._held)
        self._change(ids, 0)
        with self._lock:
            self._held.clear()

    def _change(self, ids: Sequence[str], seconds: int) -> None:
        def change(batch: list[dict[str, Any]]) -> Any:
            return self._sqs.change_message_visibility_batch(QueueUrl=self._place.url, Entries=batch)

        entries = {id: self._held[id] for id in ids if id in self._held}
        with suppress(Exception):
            self._each(entries, change, {"VisibilityTimeout": seconds}, tries=1)

    def _each(
        self,
        handles: Mapping[str, str],
        call: Callable[[list[dict[str, Any]]], Any],
        more: Mapping[str, int],
        tries: int = TRIES,
    ) -> dict[str, str]:
        """Make a call for each ten messages and return the errors by id. Entries succeed and fail one by one."""
        errors: dict[str, str] = {}
        waiting = list(handles)
        for last in range(tries - 1, -1, -1):
            failed: list[str] = []
            for start in range(0, len(waiting), MOST):
                ids = waiting[start : start + MOST]
                batch = [{"Id": str(number), "ReceiptHandle": handles[id], **more} for number, id in enumerate(ids)]
                try:
                    reply = call(batch)
                except Exception as error:  # the call may have taken effect: again
                    if last == 0 or not passes(error):
                        raise
                    failed += ids
                    continue
                for each in reply.get("Failed") or ():
                    id = ids[int(each["Id"])]
                    errors[id] = f"{each.get('Code')}: {each.get('Message', '')}"
                    if not each.get("SenderFault"):
                        failed.append(id)
                for each in reply.get("Successful") or ():
                    errors.pop(ids[int(each["Id"])], None)
            waiting = failed
            if not waiting:
                break
            if last:
                wait(tries - 1 - last)
        return errors


def _digest(id: str) -> bytes:
    """Return what remembers an id in little memory."""
    try:
        return bytes.fromhex(id.replace("-", ""))
    except ValueError:
        return id.encode()
