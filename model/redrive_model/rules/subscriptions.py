"""Rules for the subscriptions of a topic."""

from __future__ import annotations

from dataclasses import dataclass

from redrive_model.rules.rule import Rules


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionFacts:
    """Facts about a subscription; `None` means not known or unset.

    Attributes:
        policy_refused: Why SNS refuses the filter policy or its scope.
        endpoint: Name of what is subscribed.
        has_other_settings: Whether the template has a second subscription of the same endpoint to the same topic, with
            other settings.
    """

    policy_refused: str | None = None
    endpoint: str = "the endpoint"
    has_other_settings: bool = False


def filter_policy_is_valid(facts: SubscriptionFacts) -> str | None:
    """SNS refuses a filter policy that it cannot read, or that is beyond its limits.

    https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
    """
    return facts.policy_refused


def settings_agree(facts: SubscriptionFacts) -> str | None:
    """SNS has one subscription of an endpoint to a topic, and refuses to make it again with other settings.

    https://github.com/localstack/localstack/blob/main/tests/aws/services/sns/test_sns.snapshot.json records the error
    in `test_subscribe_idempotency`.
    """
    if not facts.has_other_settings:
        return None
    return (
        f"{facts.endpoint} is subscribed twice to the topic, with different settings: SNS has one subscription of an "
        "endpoint to a topic, and refuses the second; leave one of them out, or join their filter policies"
    )


SUBSCRIPTION_RULES: Rules[SubscriptionFacts] = Rules(
    "subscription", undeployable=(filter_policy_is_valid, settings_agree)
)
