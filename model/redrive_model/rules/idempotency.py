"""Checks idempotency tables, the functions that use them and the retries they must outlast: refuses or warns."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.facts.horizon import Horizon
from redrive_model.rules.rule import Rules, differ
from redrive_model.rules.wording import either

#: The table's partition key, a string, and its TTL attribute: the names of Powertools' DynamoDB layer.
#: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
KEY, EXPIRATION = "id", "expiration"

_EXPIRY = "redrive:idempotency-expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFacts:
    """Facts about a table. Times are in seconds; `None` means not known.

    Attributes:
        expiry: How long the table remembers completed work.
        imported: The table's path if this app does not create it.
        key: Name and type of the key's attributes, the partition key first.
        ttl: The TTL attribute; `""` if TTL is off.
        replicas: The number of Regions with a replica.
        strongly_consistent: Whether each Region sees the others' writes at once.
        account: The table's account.
        region: The table's Region.
    """

    expiry: float | None = None
    imported: str | None = None
    key: tuple[tuple[str, str], ...] | None = None
    ttl: str | None = None
    replicas: int = 1
    strongly_consistent: bool = False
    account: str | None = None
    region: str | None = None


def something_is_remembered(facts: TableFacts) -> str | None:
    """An entry that expires at once is never found again."""
    if facts.expiry is None or facts.expiry > 0:
        return None
    return f"expiry {facts.expiry:,} s: nothing would be remembered; leave expiry unset to get a day"


def key_is_id(facts: TableFacts) -> str | None:
    """DynamoDB rejects items that lack a key attribute or have it with another type.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.CoreComponents.html
    """
    if facts.key in (None, ((KEY, "S"),)):
        return None
    found = " and ".join(f"{name} ({kind})" for name, kind in facts.key)
    return (
        f"the table's key is {found}: the helper writes items with the partition key {KEY} (S) and no sort key, and "
        "DynamoDB would refuse each of them; give a table of that key, or leave table unset to have one made"
    )


def what_has_expired_is_deleted(facts: TableFacts) -> str | None:
    """Without TTL on the attribute that the helper writes, the table grows forever.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
    """
    if facts.ttl in (None, EXPIRATION):
        return None
    found = f"TTL is on {facts.ttl}" if facts.ttl else "TTL is off"
    return (
        f"{found} and not on {EXPIRATION}: the helper takes no notice of what has expired, but nothing deletes it, and "
        f"the table grows for ever; set TTL on {EXPIRATION}, or leave table unset to have one made"
    )


def claims_are_seen_everywhere(facts: TableFacts) -> str | None:
    """A conditional write checks its own Region's replica only, and the last of two concurrent writes wins.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_HowItWorks.html
    """
    if facts.replicas <= 1 or facts.strongly_consistent:
        return None
    return (
        f"the table is in {facts.replicas} Regions, which see each other's writes about a second later: an event that "
        "two of them get at once runs in both; give a table of one Region, or acknowledge this if each event is "
        "processed in one Region alone"
    )


def table_is_made_here(facts: TableFacts) -> str | None:
    """The app cannot inspect or configure a table of another app."""
    if facts.imported is None:
        return None
    return (
        f"{facts.imported} is imported: its key, its TTL and how it is encrypted cannot be seen or set here. See to it "
        f"that its partition key is {KEY}, a string, that it has no sort key, and that TTL is on {EXPIRATION}; import "
        "it with encryption_key if it has a KMS key of its own"
    )


TABLE_RULES: Rules[TableFacts] = Rules(
    "table",
    unsafe=(something_is_remembered, key_is_id),
    warnings={
        "redrive:idempotency-ttl": what_has_expired_is_deleted,
        "redrive:idempotency-replicas": claims_are_seen_everywhere,
        "redrive:imported-table": table_is_made_here,
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UserFacts:
    """Facts about a function that is to use a table; `None` means not known.

    Attributes:
        function: The function's path.
        table: The facts about the table.
        timeout: The function's timeout in seconds.
        account: The function's account.
        region: The function's Region.
    """

    function: str
    table: TableFacts
    timeout: float | None = None
    account: str | None = None
    region: str | None = None


def same_region(facts: UserFacts) -> str | None:
    """The helper calls DynamoDB in the Region where the function runs."""
    table, function = facts.table.region, facts.region
    if not differ(table, function):
        return None
    return (
        f"{facts.function} is in {function} and the table in {table}: the helper asks for the table in its own Region; "
        f"give a table of {function}"
    )


def same_account(facts: UserFacts) -> str | None:
    """`BatchExecuteStatement`, which claims batches, cannot reach a table of another account.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/rbac-iam-actions.html#rbac-partiql-actions
    """
    table, function = facts.table.account, facts.account
    if not differ(table, function):
        return None
    return (
        f"{facts.function} is of account {function} and the table of {table}: DynamoDB lets no one write batches of "
        f"conditional statements to a table of another account; give a table of {function}"
    )


def remembers_for_a_run(facts: UserFacts) -> str | None:
    """The table must remember the start of a batch that fails late, because the whole batch is then retried."""
    expiry, timeout = facts.table.expiry, facts.timeout
    if expiry is None or timeout is None or expiry >= timeout:
        return None
    return (
        f"expiry {expiry:,} s is below the timeout of {facts.function}, {timeout:,} s: what it has done may be "
        f"forgotten while it still runs, and be done again at the next retry; give an expiry of more than {timeout:,} s"
    )


USER_RULES: Rules[UserFacts] = Rules(
    "table-user", unsafe=(same_region, same_account), warnings={_EXPIRY: remembers_for_a_run}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtectionFacts:
    """Facts about a table and the retries of the events that it protects; `None` means not known.

    Attributes:
        table: The table's path.
        expiry: How long the table remembers completed work, in seconds.
        horizon: How long events may come again.
        claim: How long a claim lasts whose owner has died, in seconds.
        retry_time: Time from the end of an event's first run to its last one, if all of them fail at once, in seconds.
    """

    table: str
    expiry: float | None = None
    horizon: Horizon | None = None
    claim: float | None = None
    retry_time: float | None = None


def claims_end_before_the_retries(facts: ProtectionFacts) -> str | None:
    """An owner that crashes leaves its claim, and each retry finds the event being processed until the claim ends."""
    claim, retries = facts.claim, facts.retry_time
    if claim is None or not retries or claim <= retries:
        return None
    return (
        f"a claim in {facts.table} lasts up to the function's timeout of {claim:,} s if its owner crashes, and all "
        f"retries of an event come within about {retries:,.0f} s: they find it in progress, and it is given up without "
        "having been processed; lower the function's timeout, or lengthen the retries"
    )


def outlasts_retries(facts: ProtectionFacts) -> str | None:
    """The table must remember completed work until the last retry, or that retry repeats the work."""
    expiry, horizon = facts.expiry, facts.horizon
    if expiry is None or horizon is None or expiry >= horizon.seconds:
        return None
    enough = either(f"expiry=Duration.seconds({horizon.seconds:g})", f"an expiry of {horizon.seconds:g} s")
    return (
        f"expiry {expiry:,} s of {facts.table} is below the retry horizon of {horizon.seconds:,} s "
        f"({horizon.made_of}): what has been done may be forgotten before its last retry, which then does it again; "
        f"give the table {enough} or more, or {horizon.remedy}"
    )


# A warning, not a refusal: the horizon is the latest possible retry, and most retries come much earlier.
PROTECTION_RULES: Rules[ProtectionFacts] = Rules(
    "protection",
    warnings={_EXPIRY: outlasts_retries, "redrive:idempotency-claim": claims_end_before_the_retries},
)
