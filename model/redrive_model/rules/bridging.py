"""Warns about retries that give events up in a short outage."""

from __future__ import annotations

from redrive_model.facts.sqs import SqsFacts
from redrive_model.facts.streams import StreamFacts
from redrive_model.rules.wording import either

#: A restart, a failover or a deployment of a dependency takes about as long.
_SHORT = 60

_REMEDY = either("leave them unset, or give bridges=Duration.hours(1)", "give more receives, or longer waits")


def receives_bridge_a_minute(facts: SqsFacts) -> str | None:
    """Messages whose retries all fall into a short outage are dead-lettered, although nothing is wrong with them."""
    length, receives = facts.bridged, facts.max_receive_count
    if length is None or length >= _SHORT or receives is None:
        return None
    if facts.backoff is not None and facts.backoff.jitter == "full":
        return (
            f"{receives:,} receives bridge no outage, since full jitter may draw waits of 0 s: messages are "
            "dead-lettered although nothing is wrong with them; give the backoff jitter='equal'"
            f"{either(', or leave it unset and give bridges=Duration.hours(1)', '')}"
        )
    waits = "the visibility timeout" if facts.backoff is None else "these waits"
    return (
        f"{receives:,} receives with {waits} bridge an outage of {length:,.3g} s: in a longer one, messages are "
        f"dead-lettered although nothing is wrong with them; {_REMEDY}"
    )


def retries_bridge_a_minute(facts: StreamFacts) -> str | None:
    """Records whose retries all fall into a short outage are given up, although nothing is wrong with them."""
    length, retries = facts.bridged, facts.retry_attempts
    if length is None or length >= _SHORT or retries is None:
        return None
    return (
        f"{retries:,} retries bridge an outage of about {length:,.3g} s: in a longer one, records are given up "
        f"although nothing is wrong with them; {_REMEDY}"
    )
