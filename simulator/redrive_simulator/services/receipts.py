"""Reads receipt handles, which name a message, one receive of it, and its queue.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-queue-message-identifiers.html
"""

from __future__ import annotations

from typing import NamedTuple


class Receipt(NamedTuple):
    """What a receipt handle stands for.

    Attributes:
        id: Message id.
        receive: Number of the receive, from 1.
        queue: Name of the queue in the history.
    """

    id: str
    receive: int
    queue: str


def read_receipt(handle: str) -> Receipt | None:
    """Read a receipt handle; `None` if it is none."""
    id, _, rest = handle.partition("#")
    receive, _, queue = rest.partition("#")
    if not (id and queue and receive.isdecimal()):
        return None
    return Receipt(id, int(receive), queue)
