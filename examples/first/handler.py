"""Takes orders from a queue: the function of the README."""

import json
from typing import Any

from redrive import Permanent, SqsMessage, sqs_handler


@sqs_handler
def handler(message: SqsMessage[str]) -> None:
    """Handle one order: called once per message."""
    order = message.json()
    if not order["lines"]:
        raise Permanent("an order needs a line")  # dead-lettered at once, with the reason
    charge(order)  # any other error: retried, later each time


def charge(order: dict[str, Any]) -> None:
    """Stands in for what may fail for a while."""
    print(json.dumps({"charged": order["id"]}))
