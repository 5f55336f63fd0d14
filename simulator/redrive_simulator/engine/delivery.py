"""Declares how Lambda hands content to a destination: `build` gives the world what does it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from redrive_simulator.engine.invocation import Chain


class Delivery(NamedTuple):
    """The result of a delivery.

    Attributes:
        place: Target of the delivery.
        refused: Reason why the target refused it; `None`: delivered.
    """

    place: str
    refused: str | None = None

    @property
    def arrived(self) -> bool:
        """True if the target took it."""
        return self.refused is None


class Parcel(NamedTuple):
    """Content for a destination.

    Attributes:
        to: ARN of the destination; one outside the template counts as delivered to.
        content: A JSON value.
        cause: Id of the event that the content is about.
        from_arn: ARN of the function, with its qualifier.
        folder: Prefix of an S3 object key.
        succeeded: Whether the content reports a success.
        attributes: Message attributes: type and text by name.
        for_object: Content for S3, if it differs.
        chain: Chain of requests that the delivery belongs to.
        trace: Trace header for a queue, for a delivery that belongs to no chain; `None`: it gets none.
    """

    to: str
    content: Any
    cause: str
    from_arn: str
    folder: str = ""
    succeeded: bool = False
    attributes: Mapping[str, tuple[str, str]] | None = None
    for_object: Any = None
    chain: Chain = None
    trace: str | None = None


#: Delivers content to a destination.
Deliver = Callable[[Parcel], Delivery]
