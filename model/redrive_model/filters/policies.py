"""Reads, checks and applies the filter policies of a topic's subscriptions.

https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from math import prod
from typing import Any, Literal, cast, get_args

from redrive_model import limits
from redrive_model.filters import patterns
from redrive_model.filters.errors import PatternError, refusal, shown
from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import Condition, Pattern
from redrive_model.filters.values import read_json

#: `FilterPolicyScope` of a subscription; SNS's default is `MessageAttributes`.
Scope = Literal["MessageAttributes", "MessageBody"]


def check(policy: str | Mapping[str, Any], scope: Scope = "MessageAttributes") -> str | None:
    """Check a filter policy.

    Args:
        policy: The policy, as JSON text or as an object.
        scope: Whether it is about message attributes or about the body.

    Returns:
        `None` if SNS takes the policy; otherwise a sentence with the value, the rule and the remedy.
    """
    return refusal(lambda: read(policy, scope))


def read(policy: str | Mapping[str, Any], scope: Scope = "MessageAttributes") -> Pattern:
    """Read a filter policy.

    Args:
        policy: The policy, as JSON text or as an object.
        scope: Whether it is about message attributes or about the body.

    Returns:
        The policy as a pattern.

    Raises:
        PatternError: SNS refuses the policy:
            https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html
    """
    if scope not in get_args(Scope):
        raise PatternError(f"the FilterPolicyScope is {scope!r}: SNS takes {' or '.join(get_args(Scope))}; give one")
    text = policy if isinstance(policy, str) else json.dumps(policy)
    size = len(text.encode())
    if size > limits.LARGEST_POLICY:
        raise PatternError(
            f"the filter policy has {size:,} bytes: SNS takes {limits.LARGEST_POLICY:,}; give a shorter one"
        )
    pattern = patterns.read(text)
    conditions = [each for branch in pattern.branches for each in branch]
    for each in conditions:
        if scope == "MessageAttributes" and each.level > 1:
            raise PatternError(
                f'the filter policy names "{each.path}": attributes have no fields; set FilterPolicyScope to '
                "MessageBody, or name attributes only"
            )
        if any(rule.stars > limits.MOST_POLICY_WILDCARDS for rule in each.rules):
            raise PatternError(
                f'the filter policy has a text for "{each.path}" with more than {limits.MOST_POLICY_WILDCARDS} '
                "wildcards: SNS takes no more; give fewer"
            )
    if len(pattern.paths) > limits.MOST_POLICY_KEYS:
        raise PatternError(
            f"the filter policy {shown(text)} has {len(pattern.paths)} keys: SNS takes {limits.MOST_POLICY_KEYS}; give "
            "fewer"
        )
    points = sum({each.path: _points(each) for each in conditions}.values())
    if points > limits.MOST_POLICY_POINTS:
        raise PatternError(
            f"the filter policy {shown(text)} has {points:,} points of wildcards: SNS takes "
            f"{limits.MOST_POLICY_POINTS}; give fewer values to the fields with wildcards"
        )
    combinations = sum(prod(len(each.rules) * each.level for each in branch) for branch in pattern.branches)
    if combinations > limits.MOST_POLICY_COMBINATIONS:
        raise PatternError(
            f"the filter policy {shown(text)} makes {combinations:,} combinations of values: SNS takes "
            f"{limits.MOST_POLICY_COMBINATIONS}; give fewer values or levels, or several subscriptions"
        )
    return Pattern(tuple(tuple(map(_with_values, branch)) for branch in pattern.branches))


def _points(condition: Condition) -> int:
    """Return how complex SNS takes the wildcards of a field for: the sum of its values' points × their number.

    A value with one wildcard, or anything-but, has 1 point, and one with several has 3. ("3 points each" may also mean
    3 for each wildcard, which would refuse more.)
    """
    if not any(rule.stars for rule in condition.rules):
        return 0
    one = sum(rule.stars == 1 or (rule.stars == 0 and rule.operator == "anything-but") for rule in condition.rules)
    several = sum(rule.stars > 1 for rule in condition.rules)
    return (one + 3 * several) * len(condition.rules)


def _with_values(condition: Condition) -> Condition:
    """Return a condition whose `exists` wants a value that is neither null nor empty.

    https://docs.aws.amazon.com/sns/latest/dg/attribute-key-matching.html
    """
    return Condition(
        condition.path,
        condition.level,
        tuple(
            rule._replace(test=_is_value) if rule.operator == "exists" and rule.test is not None else rule
            for rule in condition.rules
        ),
    )


def _is_value(value: Any) -> bool:
    return value is not None and value != ""


def passes(
    policy: Pattern, message: str, attributes: Mapping[str, Mapping[str, Any]], scope: Scope = "MessageAttributes"
) -> bool:
    """Decide if SNS delivers a message to the subscription of a policy.

    Args:
        policy: The policy, from `read`.
        message: Body of the message. In the scope `MessageBody`, only a JSON object can pass.
        attributes: Message attributes as Lambda shows them: `{"kind": {"dataType": "String", "stringValue": "order"}}`.
        scope: The policy's scope.

    Returns:
        Whether it passes. A message without attributes passes no policy of the scope `MessageAttributes`, not even one
        that wants an attribute to be absent.
    """
    if scope == "MessageBody":
        return matches(policy, read_json(message))
    return bool(attributes) and matches(policy, {name: _value(each) for name, each in attributes.items()})


def _value(attribute: Mapping[str, Any]) -> Any:
    """Return an attribute as policies see it: a text, a number or their list. An empty list is absent.

    https://docs.aws.amazon.com/sns/latest/dg/sns-message-attributes.html
    """
    text, kind = attribute.get("stringValue", ""), str(attribute["dataType"])
    if kind.endswith(".Array"):
        values = read_json(text)
        return cast("list[Any]", values) if isinstance(values, list) else []
    match kind.partition(".")[0]:
        case "String":
            return text
        case "Number":
            return _number(text)
        case _:  # SNS ignores binary attributes
            return []


def _number(text: str) -> Any:
    try:
        return Decimal(text)
    except InvalidOperation:  # SNS refuses to publish it
        return []
