"""Checks circuit breakers, their functions and the consumers that they pause: refuses or warns."""

from __future__ import annotations

from dataclasses import dataclass

from redrive.settings.circuit import CircuitSettings
from redrive_model.rules.idempotency import TableFacts, key_is_id, table_is_made_here, what_has_expired_is_deleted
from redrive_model.rules.rule import Rules, differ


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitFacts:
    """Facts about a circuit breaker.

    Attributes:
        settings: The helper's settings, without values that only the deployment knows.
        table: The facts about its table.
        given_later: The names of settings that only the deployment knows.
    """

    settings: CircuitSettings
    table: TableFacts
    given_later: frozenset[str] = frozenset()

    def shown(self, name: str) -> str | None:
        """Return a setting's name with its value, the name alone if only the deployment knows it, or `None`."""
        value = getattr(self.settings, name)
        if value is None:
            return name if name in self.given_later else None
        return f"{name} {value}"


def key_can_be_written(facts: CircuitFacts) -> str | None:
    """The helper stores the state under a key with one attribute."""
    return key_is_id(facts.table)


def counts_are_counts(facts: CircuitFacts) -> str | None:
    """A threshold below 1 would open or close the circuit without any call."""
    for name in ("failure_threshold", "minimum_calls", "success_threshold"):
        count: float | None = getattr(facts.settings, name)
        if count is not None and count < 1:
            return f"{name} {count:,}: give 1 or more, or leave it unset"
    return None


def rate_is_a_share(facts: CircuitFacts) -> str | None:
    """A rate of 0 would open the circuit on successes, and a rate above 1 would never open it."""
    rate = facts.settings.failure_rate
    if rate is None or 0 < rate <= 1:
        return None
    return f"failure_rate {rate:,}: it is the share of calls that fail; give a number above 0 and up to 1"


def times_last(facts: CircuitFacts) -> str | None:
    """Without a window no failure counts, and without a lease every call is a probe."""
    for name in ("window", "lease"):
        seconds: float | None = getattr(facts.settings, name)
        if seconds is not None and seconds <= 0:
            return f"{name} {seconds:,} s: give more than 0, or leave it unset"
    return None


def open_time_lasts(facts: CircuitFacts) -> str | None:
    """With full jitter the open time can be as short as zero."""
    open_time = facts.settings.open_time
    if open_time is None or open_time.jitter != "full":
        return None
    return (
        f"open_time {open_time!r}: with full jitter the circuit may be open for no time at all; give jitter='equal' or "
        "'none'"
    )


def a_rate_has_no_threshold(facts: CircuitFacts) -> str | None:
    """A failure rate replaces the failure threshold, which would have no effect."""
    threshold, rate = facts.shown("failure_threshold"), facts.shown("failure_rate")
    if threshold is None or rate is None:
        return None
    return (
        f"{threshold} and {rate}: with a rate the threshold has no effect; give one of "
        "them, and minimum_calls for how many calls a rate needs"
    )


def minimum_is_of_a_rate(facts: CircuitFacts) -> str | None:
    """A minimum of calls has no effect without a failure rate."""
    minimum = facts.shown("minimum_calls")
    if minimum is None or facts.shown("failure_rate") is not None:
        return None
    return (
        f"{minimum}: it is how many calls a failure_rate needs, and has no effect "
        "without one; give failure_rate, or leave it unset"
    )


def state_expires(facts: CircuitFacts) -> str | None:
    """The state that the helper has written is useless a day after the open time."""
    return what_has_expired_is_deleted(facts.table)


def table_can_be_seen(facts: CircuitFacts) -> str | None:
    """The app cannot inspect or configure a table of another app."""
    return table_is_made_here(facts.table)


def one_region_decides(facts: CircuitFacts) -> str | None:
    """A conditional write checks its own Region's replica only, and the last of two concurrent writes wins.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    """
    if facts.table.replicas <= 1 or facts.table.strongly_consistent:
        return None
    return (
        f"the table is in {facts.table.replicas} Regions, which see each other's writes about a second later: "
        "failures may be counted for nothing, and two Regions may probe at once; give a table of one Region, or "
        "acknowledge this"
    )


CIRCUIT_RULES: Rules[CircuitFacts] = Rules(
    "circuit",
    unsafe=(
        key_can_be_written,
        counts_are_counts,
        rate_is_a_share,
        times_last,
        open_time_lasts,
        a_rate_has_no_threshold,
        minimum_is_of_a_rate,
    ),
    warnings={
        "redrive:circuit-ttl": state_expires,
        "redrive:circuit-replicas": one_region_decides,
        "redrive:imported-table": table_can_be_seen,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CircuitUserFacts:
    """Facts about a function that uses a circuit; `None` means not known."""

    function: str
    table: TableFacts
    account: str | None = None
    region: str | None = None


def table_is_in_reach(facts: CircuitUserFacts) -> str | None:
    """The helper looks for the table in DynamoDB of the function's own account and Region."""
    for what, table, function in (
        ("Region", facts.table.region, facts.region),
        ("account", facts.table.account, facts.account),
    ):
        if differ(table, function):
            return (
                f"{facts.function} is in {what} {function} and the table in {table}: the helper asks for the table in "
                f"its own; make a CircuitBreaker in a stack of {function}"
            )
    return None


CIRCUIT_USER_RULES: Rules[CircuitUserFacts] = Rules("circuit-user", unsafe=(table_is_in_reach,))


@dataclass(frozen=True, slots=True, kw_only=True)
class PauseFacts:
    """Facts about a consumer that is to be paused.

    Attributes:
        consumer: The consumer's path.
        elsewhere: Whether it is known to be in another account or Region than the circuit breaker.
        paused_by: The path of the circuit breaker that pauses it already; `None` if there is none.
        longest_pause: The longest open time of the circuit in seconds; `None` if it is not known.
        kept: The time for which its source keeps an event, in seconds; `None` if it is not known.
        ends_with: What ends after that time: `the queue's retention`, `max_record_age`.
    """

    consumer: str
    elsewhere: bool = False
    paused_by: str | None = None
    longest_pause: float | None = None
    kept: float | None = None
    ends_with: str = "the retention"


def mapping_is_in_reach(facts: PauseFacts) -> str | None:
    """The switch calls Lambda in its own account and Region only."""
    if not facts.elsewhere:
        return None
    return (
        f"{facts.consumer} is in another account or Region, where its event source mapping cannot be paused from here; "
        "make the CircuitBreaker in its stack"
    )


def one_circuit_pauses(facts: PauseFacts) -> str | None:
    """One of two circuits would enable the mapping that the other must keep disabled."""
    if facts.paused_by is None:
        return None
    return (
        f"{facts.consumer} is paused by {facts.paused_by} already, and one of the two would resume what the other one "
        "pauses; give it to the circuit without which its messages cannot be processed at all"
    )


def events_outlast_the_pause(facts: PauseFacts) -> str | None:
    """While a mapping is paused, nobody receives its events, and what becomes too old meanwhile was never tried.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html
    """
    pause, kept = facts.longest_pause, facts.kept
    if pause is None or kept is None or pause < kept:
        return None
    return (
        f"a pause of {facts.consumer} lasts up to {pause:,} s, the circuit's longest open time, and {facts.ends_with} "
        f"is {kept:,} s: events of a long outage are gone before the circuit tries again; lengthen {facts.ends_with}, "
        "or give the circuit's open_time a lower cap"
    )


PAUSE_RULES: Rules[PauseFacts] = Rules(
    "pause",
    unsafe=(mapping_is_in_reach, one_circuit_pauses),
    warnings={"redrive:pause-beyond-retention": events_outlast_the_pause},
)
