"""Rules for all functions of an account together."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.rules.rule import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFacts:
    """Facts about the functions of an account.

    Attributes:
        reserved: Concurrent invocations that the functions reserve together.
        concurrency: Concurrent invocations of the account; `None` if it is not known.
    """

    reserved: int = 0
    concurrency: int | None = None


def reserved_concurrency_exists(facts: AccountFacts) -> str | None:
    """Functions cannot reserve more concurrent invocations than the account has.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    if facts.concurrency is None or facts.reserved <= facts.concurrency:
        return None
    return (
        f"the functions reserve {facts.reserved:,} concurrent invocations and the account has {facts.concurrency:,}: "
        "Lambda refuses to reserve what is not there; reserve fewer, or give account_concurrency if the account has "
        "more"
    )


ACCOUNT_RULES: Rules[AccountFacts] = Rules("account", undeployable=(reserved_concurrency_exists,))
