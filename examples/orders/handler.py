"""Takes orders from a queue: the function of the consumer `Orders` in app.py."""

import json

import warehouse

from redrive import Idempotency, Permanent, Retry, SqsMessage, sqs_handler


@sqs_handler(idempotency=Idempotency(key="id"))  # an order that comes twice is handled once
def handler(message: SqsMessage[str]) -> None:
    """Handle one order. What is raised here decides what becomes of the message."""
    order = message.json()  # what is no JSON goes to the dead-letter queue: it will not be JSON next time either
    if not order["lines"]:
        raise Permanent("an order needs a line")  # to the dead-letter queue at once, with this reason
    try:
        warehouse.reserve(order["lines"], attempt=message.receive_count)
    except warehouse.ClosedError as closed:
        raise Retry(after=closed.opens_in) from closed  # it knows when another try makes sense
    except warehouse.RecalledError as recalled:
        raise Permanent(str(recalled)) from recalled  # no retry ends a recall: a person replays it afterwards
    # Any other error of the warehouse: received again, after a time that grows with each receive.
    print(json.dumps({"done": order["id"], "receives": message.receive_count}))
