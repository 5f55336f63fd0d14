"""Enables a paused mapping when a deployment removes it from `pauses`, or removes its circuit breaker.

Otherwise the mapping would stay disabled.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-requests.html
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from typing import Any

from redrive.circuit.switch.calls import is_gone, lookup, perform
from redrive.circuit.switch.decision import decide
from redrive.core.log import described, warn
from redrive.core.system import now, pause

# In seconds. Less than the time that the construct gives CloudFormation to wait, and the function to run.
_PATIENCE = 30.0
_BETWEEN = 2.0
_TRIES = 3
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref-responses.html: the response has at most 4 KB.
_LONGEST_REASON = 500
# The bucket of one Region, whose name is in it without dashes:
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cfn-vpce-bucketnames.html. Its host has the forms of
# https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html, in the domains of botocore's partitions.
_HOST = re.compile(
    r"cloudformation-custom-resource-response-(?P<region>[a-z0-9]+)\.s3(?:[.-](?:dualstack\.)?[a-z0-9-]+)?\."
    r"(?:amazonaws\.(?:com|com\.cn|eu)|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk|csp\.hci\.ic\.gov)"
)


def answer(event: Mapping[str, Any]) -> None:
    """Handle CloudFormation's request for a mapping, and respond even after errors: CloudFormation waits for it."""
    refuse_other_places(event["ResponseURL"])  # whoever may invoke the switch could make it call anything
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
            # Always the same id: for a new one, CloudFormation would delete the resource with the old id.
            "PhysicalResourceId": event.get("PhysicalResourceId", event["LogicalResourceId"]),
            **{name: event[name] for name in ("StackId", "RequestId", "LogicalResourceId")},
        },
    )


def refuse_other_places(url: str) -> None:
    """Raise `ValueError` if a URL is not one to which CloudFormation has custom resources respond."""
    from urllib.parse import urlsplit

    try:
        found = urlsplit(url)
        is_default_port = found.port in (None, 443)
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"ResponseURL {url!r:.200} is no URL") from error
    host = _HOST.fullmatch(found.hostname or "")
    own = os.environ.get("AWS_REGION", "").replace("-", "")
    is_cloudformations = (
        found.scheme == "https"
        and is_default_port
        and found.username is None
        and host is not None
        and own in ("", host["region"])
    )
    # A local AWS, which is never configured by a construct, responds at its own endpoint.
    local = os.environ.get("AWS_ENDPOINT_URL")
    is_local = local is not None and found.hostname == urlsplit(local).hostname
    if not is_cloudformations and not is_local:
        raise ValueError(
            f"ResponseURL {found.scheme}://{found.hostname}: the switch responds to CloudFormation's own buckets only, "
            "https://cloudformation-custom-resource-response-<Region>.s3…; nothing was changed"
        )


def _resume(uuid: str) -> None:
    """Enable a mapping if it is paused, and wait until it is enabled."""
    # Every error is retried: in a rollback, permissions that were granted seconds ago may not be effective yet.
    end = now() + _PATIENCE
    while True:
        try:
            mapping = lookup(uuid)
            step = decide("closed", mapping.state)
            if step == "nothing":
                return
            if step != "later":
                perform(step, mapping, "")
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

    # With an empty content type: any other one would not match the signature of the URL.
    request = Request(url, json.dumps(answer).encode(), {"Content-Type": ""}, method="PUT")
    for attempt in range(1, _TRIES + 1):
        try:
            with urlopen(request, timeout=5):
                return
        except OSError:
            if attempt == _TRIES:
                raise
            pause(1.0)
