"""Draws invoices, each attempt in a plainer way: the function of `Invoices` in app.py, invoked asynchronously."""

import json
from typing import Any

import layout

from redrive import Attempt, FunctionError, Invoker, async_handler

rates = Invoker("Rates")  # the function that app.py lets this one call


@async_handler
def handler(invoice: dict[str, Any], attempt: Attempt) -> dict[str, Any]:
    """Draw one invoice. What is raised here has Lambda try again, after one minute and after two more."""
    if invoice["currency"] != "EUR":
        invoice = {**invoice, "total": invoice["total"] * rate_of(invoice["currency"], attempt.context)}
    match attempt.number:
        case 0:
            page = layout.draw(invoice)
        case 1:
            page = layout.draw(invoice, pictures=False)
        case _:  # the last: it need not be nice any more
            page = layout.draw(invoice, pictures=False, fonts=False)
    print(json.dumps({"drawn": invoice["id"], "attempt": attempt.number, "is_last": attempt.is_last}))
    return {"page": page}


def rate_of(currency: str, context: object) -> float:
    """Ask the other function. While Lambda is busy, the Invoker tries again, as long as this invocation has time."""
    try:
        return rates.invoke({"currency": currency}, context=context)["rate"]
    except FunctionError as error:  # it ran and failed, which is no trouble of Lambda's
        raise ValueError(f"no rate for {currency}: {error.error_type}") from error
