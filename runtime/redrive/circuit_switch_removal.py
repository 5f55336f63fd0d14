"""What a deployment asks of the switch when it no longer pauses a mapping: to enable it, if it is paused.

Without that, a mapping would stay disabled that leaves `pauses` while its circuit is open, or whose circuit breaker
leaves the stack. https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from redrive.circuit_switch_calls import is_gone, look, perform
from redrive.circuit_switch_decision import decide
from redrive.clock import now, pause
from redrive.log import described, warn

# Seconds: below the time that the construct gives CloudFormation to wait, and the function to run.
_PATIENCE = 30.0
_BETWEEN = 2.0
_TRIES = 3
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html: the response has at most 4 KB.
_LONGEST_REASON = 500


def answer(event: Mapping[str, Any]) -> None:
    """Do what CloudFormation asks, and tell it what became of that, in any case: it would wait otherwise.

    Args:
        event: CloudFormation's request for the custom resource of a mapping.

    Raises:
        OSError: The answer could not be sent.
    """
    status, reason = "SUCCESS", ""
    if event["RequestType"] == "Delete":
        try:
            _resume(event["ResourceProperties"]["Mapping"])
        except Exception as error:
            warn("redrive.circuit.switch_failed", error=described(error))
            status, reason = "FAILED", described(error)[:_LONGEST_REASON]
    _respond(
        event["ResponseURL"],
        {
            "Status": status,
            "Reason": reason,
            # Never another one: that would make CloudFormation delete what it takes for the old one.
            "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
            **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        },
    )


def _resume(uuid: str) -> None:
    """Enable a mapping, if it is paused, and wait until it is.

    Whatever fails is tried again: when a deployment is rolled back, leave that was given seconds ago may not hold yet.
    """
    end = now() + _PATIENCE
    while True:
        try:
            looked = look(uuid)
            step = decide("closed", looked.mapping)
            if step == "nothing":
                return
            if step != "later":
                perform(step, looked, "")
                continue
        except Exception as error:
            if is_gone(error):
                return
            if now() >= end:
                raise
        if now() >= end:
            raise TimeoutError(f"the event source mapping {uuid} is paused and could not be enabled: enable it by hand")
        pause(_BETWEEN)


def _respond(url: str, answer: Mapping[str, object]) -> None:
    from urllib.request import Request, urlopen

    # Without a type of content, which would not fit the signature of the address.
    request = Request(url, json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")
    for attempt in range(1, _TRIES + 1):
        try:
            with urlopen(request, timeout=5):
                return
        except OSError:
            if attempt == _TRIES:
                raise
            pause(1.0)
