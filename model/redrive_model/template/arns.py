"""Reads ARNs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

#: Kinds of destinations that Lambda delivers failed events to.
Kind = Literal["queue", "topic", "function", "event bus", "bucket"]

_KINDS: Mapping[str, Kind] = {
    "sqs": "queue",
    "sns": "topic",
    "lambda": "function",
    "events": "event bus",
    "s3": "bucket",
}


def service_of(arn: str) -> str:
    """Return the service in an ARN, such as `sqs`; empty if the text is no ARN."""
    return arn.split(":")[2] if arn.count(":") >= 5 else ""


class Elsewhere(NamedTuple):
    """A difference between the places of two resources.

    Attributes:
        what: The Region if it differs, or else the account.
        there: That of one resource.
        here: That of the other one.
    """

    what: Literal["Region", "account"]
    there: str
    here: str


def elsewhere(there: tuple[str | None, str | None], here: tuple[str | None, str | None]) -> Elsewhere | None:
    """Return what differs in two places, each an account and a Region, as far as they are known."""
    (its_account, its_region), (account, region) = there, here
    if its_region is not None and region is not None and its_region != region:
        return Elsewhere("Region", its_region, region)
    if its_account is not None and account is not None and its_account != account:
        return Elsewhere("account", its_account, account)
    return None


def place_in(arn: str) -> tuple[str | None, str | None]:
    """Return the account and the Region in an ARN, as far as it has them."""
    region, account = arn.split(":")[3:5] if service_of(arn) else ("", "")
    return account or None, region or None


def kind_of(arn: str | None) -> str | None:
    """Return the kind of a destination, or the service if Lambda delivers to no resource of it."""
    if arn is None:
        return None
    service = service_of(arn)
    # A text that is no ARN, such as an imported value, counts as a queue: nothing is known against it.
    return _KINDS.get(service, service) if service else "queue"


def without_qualifier(arn: str) -> str:
    """Return the ARN of a function without the version or alias at its end."""
    return ":".join(arn.split(":")[:7])


def invoked_arn(function: str, qualifier: str | None) -> str:
    """Return the ARN by which a function is invoked, as its context shows it: without `$LATEST`."""
    return function if qualifier in (None, "$LATEST") else f"{function}:{qualifier}"


def with_qualifier(arn: str) -> str:
    """Return the ARN of a function with a qualifier at its end: its own, or else `$LATEST`."""
    return arn if arn.count(":") > 6 else f"{arn}:$LATEST"
