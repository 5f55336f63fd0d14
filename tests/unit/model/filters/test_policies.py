"""Filter policies of topics: scopes, types of attributes, limits."""

from typing import Any

import pytest

from redrive_model.filters.policies import Scope, check, passes, read

#: https://docs.aws.amazon.com/sns/latest/dg/string-value-matching.html, numeric-value-matching.html and
#: attribute-key-matching.html: policy, attributes as (type, value), and whether a message passes.
ATTRIBUTES: list[tuple[Any, dict[str, tuple[str, str]], bool]] = [
    ({"k": ["rugby", "tennis"]}, {"k": ("String", "rugby")}, True),
    ({"k": ["rugby", "tennis"]}, {"k": ("String", "baseball")}, False),
    ({"k": ["rugby", "tennis"]}, {"k": ("String.Array", '["rugby", "golf"]')}, True),
    ({"k": ["rugby", "tennis"]}, {"k": ("String.Array", '["baseball"]')}, False),
    ({"k": [{"anything-but": ["rugby", "tennis"]}]}, {"k": ("String.Array", '["rugby", "baseball"]')}, True),
    ({"k": [{"anything-but": ["rugby", "tennis"]}]}, {"k": ("String.Array", '["rugby"]')}, False),
    ({"k": [{"anything-but": {"prefix": "order-"}}]}, {"k": ("String", "order_number")}, True),
    ({"k": [{"anything-but": {"suffix": "ball"}}]}, {"k": ("String", "baseball")}, False),
    ({"k": [{"anything-but": {"wildcard": "*ball"}}]}, {"k": ("String", "rugby")}, True),
    ({"k": [{"equals-ignore-case": "tennis"}]}, {"k": ("String", "TENNIS")}, True),
    ({"k": [{"cidr": "10.0.0.0/24"}]}, {"k": ("String", "10.0.0.255")}, True),
    ({"k": [{"cidr": "10.0.0.0/24"}]}, {"k": ("String", "10.1.1.0")}, False),
    ({"k": [{"numeric": ["=", 301.5]}]}, {"k": ("Number", "3.015e2")}, True),
    ({"k": [{"numeric": [">", 0, "<=", 150]}]}, {"k": ("Number", "150")}, True),
    ({"k": [{"numeric": [">", 0]}]}, {"k": ("String", "150")}, False),
    ({"k": [{"anything-but": [100, 500]}]}, {"k": ("Number", "100")}, False),
    ({"k": ["99"]}, {"k": ("Number", "99")}, False),
    ({"k": [99]}, {"k": ("Number.Custom", "99.0")}, True),
    ({"k": [{"exists": True}]}, {"k": ("Number", "99")}, True),  # recorded by LocalStack
    ({"k": [{"exists": True}]}, {"other": ("Number", "99")}, False),
    ({"k": [{"exists": False}]}, {"other": ("Number", "99")}, True),
    ({"k": [{"exists": False}]}, {"k": ("Number", "99")}, False),
    ({"k": [{"exists": False}]}, {}, False),  # "only matches if at least one attribute is present"
    ({"k": [{"exists": True}]}, {"k": ("Binary", "")}, False),  # SNS ignores binary attributes
    ({"$or": [{"a": ["x"]}, {"b": ["y"]}]}, {"b": ("String", "y")}, True),
    ({"k": ["a"]}, {"k": ("String.Array", "no list")}, False),
    ({"k": [{"exists": True}]}, {"k": ("Number", "no number")}, False),
]
#: Policy, body, and whether a message passes.
BODIES: list[tuple[Any, str, bool]] = [
    ({"object": {"key": [{"prefix": "auto-"}]}}, '{"object": {"key": "auto-1"}}', True),
    ({"object": {"key": [{"prefix": "auto-"}]}}, '{"object": {"key": "home-1"}}', False),
    ({"headers": {"to": ["q1"]}}, '{"headers": {"to": ["q1", "q2"]}}', True),
    ({"headers": {"to": ["q3"]}}, '{"headers": {"to": ["q1", "q2"]}}', False),
    ({"x": [{"exists": False}]}, "plain", False),
    ({"x": [{"exists": False}]}, "{}", True),
    ({"x": [{"exists": True}]}, '{"x": null}', False),  # "must have a non-null and non-empty value"
    ({"x": [{"exists": True}]}, '{"x": ""}', False),
    ({"x": [{"exists": True}]}, '{"x": 0}', True),
    ({"detail": {"version": [""]}}, '{"resources": [], "detail": {"version": ""}}', True),
]


def either(one: list[str], other: list[str]) -> dict[str, Any]:
    """One field, or another one together with one of two more."""
    return {"$or": [{"m": one}, {"t": list("1234"), "$or": [{"i": list("1234")}, {"u": other}]}]}


INNER = {"s": list("12"), "$or": [{"o": ["1"]}, {"t": list("123")}]}
#: https://docs.aws.amazon.com/sns/latest/dg/subscription-filter-policy-constraints.html and and-or-logic.html; those
#: with `$or` were recorded on AWS by LocalStack. Policy, scope, and what the refusal says.
LIMITS: list[tuple[Any, Scope, str | None]] = [
    ({"a": {"b": ["c"]}}, "MessageAttributes", "attributes have no fields; set FilterPolicyScope to MessageBody"),
    ({"a": {"b": ["c"]}}, "MessageBody", None),
    ({"k": list(map(str, range(150)))}, "MessageAttributes", None),
    ({"k": list(map(str, range(151)))}, "MessageAttributes", "makes 151 combinations of values: SNS takes 150"),
    (
        {"k": list(map(str, range(100))), "l": list(map(str, range(51)))},
        "MessageAttributes",
        "makes 5,100 combinations",
    ),
    ({name: ["x"] for name in "abcde"}, "MessageAttributes", None),
    ({name: ["x"] for name in "abcdef"}, "MessageAttributes", "has 6 keys: SNS takes 5; give fewer"),
    ({"a": {"b": {"c": list("1234")}}, "d": {"e": list("123")}}, "MessageBody", None),  # 4 × 3 × 3 × 2 = 72
    ({"a": {"b": {"c": list("1234")}}, "d": {"e": list("123")}, "f": list("123")}, "MessageBody", "makes 216 "),
    ({"k": [{"wildcard": "*a*b*"}]}, "MessageAttributes", None),
    ({"k": [{"wildcard": f"{n}*"} for n in range(10)]}, "MessageAttributes", None),  # 10 × 1 point × 10 values
    ({"k": [{"wildcard": f"{n}*"} for n in range(11)]}, "MessageAttributes", "121 points of wildcards: SNS takes 100"),
    ({"k": [{"wildcard": f"*{n}*"} for n in range(6)]}, "MessageAttributes", "108 points of wildcards: SNS takes 100"),
    ({"k": [*map(str, range(99)), {"anything-but": "a"}]}, "MessageAttributes", None),  # no wildcard, no points
    ({"k": [{"anything-but": {"wildcard": "*a*b*c*"}}]}, "MessageAttributes", "with more than 3 wildcards"),
    ({"k": ["x" * 262_144]}, "MessageBody", "SNS takes 262,144; give a shorter one"),
    ({"k": []}, "MessageBody", '"k" is []'),
    ({"s": list("123"), **either(list("123456"), list("1234567"))}, "MessageAttributes", None),
    ({"s": list("1234"), **either(list("123456"), list("1234"))}, "MessageAttributes", "makes 152 combinations"),
    ({"$or": [{"m": list("123")}, {"n": list("12")}], "d": INNER}, "MessageBody", "makes 160 combinations"),
]


@pytest.mark.parametrize(("policy", "given", "expected"), ATTRIBUTES)
def test_a_message_passes_by_its_attributes(policy: Any, given: dict[str, tuple[str, str]], expected: bool) -> None:
    attributes = {name: {"dataType": kind, "stringValue": value} for name, (kind, value) in given.items()}
    assert passes(read(policy), "a message", attributes) is expected


@pytest.mark.parametrize(("policy", "body", "expected"), BODIES)
def test_a_message_passes_by_its_body(policy: Any, body: str, expected: bool) -> None:
    assert passes(read(policy, "MessageBody"), body, {}, "MessageBody") is expected


@pytest.mark.parametrize(("policy", "scope", "says"), LIMITS, ids=map(str, range(len(LIMITS))))
def test_a_policy_has_limits(policy: Any, scope: Scope, says: str | None) -> None:
    complaint = check(policy, scope)
    assert complaint is None if says is None else says in str(complaint)
