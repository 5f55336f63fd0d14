"""Patterns and events whose results were recorded on AWS.

LocalStack recorded them with `TestEventPattern` of EventBridge and with subscriptions of SNS, for its own tests
(github.com/localstack/localstack, commit 8b9a79f0: tests/aws/services/events/test_events_patterns.py and its templates,
tests/aws/services/sns/test_sns_filter_policy.py). The facts are written here once more, with shorter names and without
what they do not depend on.
"""

from typing import Any

import pytest

from redrive_model.filters.errors import PatternError
from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import check, read

MISSING: dict[str, Any] = {"other": "x"}
#: Values and operators for the field `x`, values with which the event matches, and others.
FIELD: list[tuple[list[Any], list[Any], list[Any]]] = [
    (["b", "c"], ["b", ["a", "b"]], [["a"], MISSING]),
    ([None], [None], ["null", [], MISSING]),
    ([""], [""], [None]),
    ([False], [False], [True]),
    ([200], [200], [300]),
    ([300], [300.0], []),
    (["A CamelCase text with 🚀 and a blank "], ["A CamelCase text with 🚀 and a blank "], []),
    ([{"anything-but": "initializing"}], ["pending", None], ["initializing", MISSING]),
    ([{"anything-but": ["stopped", "overloaded"]}], ["pending", None], ["stopped", MISSING]),
    ([{"anything-but": 123}], [789], [123]),
    ([{"anything-but": 0}], [789], []),
    ([{"anything-but": [100, 200, 300]}], [999], [100, 300]),
    ([{"anything-but": {"equals-ignore-case": "initializing"}}], ["pending", None], ["INITIALIZING", MISSING]),
    ([{"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}], ["pending", None], ["Stopped", MISSING]),
    ([{"anything-but": {"prefix": "init"}}], ["post-init", 12, None], ["init-prefix", MISSING]),
    ([{"anything-but": {"prefix": ["init", "test"]}}], ["post-init", 12, None], ["init-prefix", MISSING]),
    ([{"anything-but": {"suffix": ".txt"}}], ["file.txt.bak", None], ["file.txt", MISSING]),
    ([{"anything-but": {"suffix": [".txt", ".jpg"]}}], ["file.txt.bak", None], ["file.jpg", MISSING]),
    ([{"anything-but": {"wildcard": "*/dir/*"}}], ["dir/init/file", 123, None], ["a/dir/file", MISSING]),
    ([{"anything-but": {"wildcard": ["*/init/*", "*/dir/*"]}}], ["dir/post/dir", None], ["dir/init/dir", MISSING]),
    ([{"anything-but": {"wildcard": ""}}], ["dir/init/file"], []),
    ([{"exists": True}], ["pending"], [MISSING, [], {"inner": 100}]),
    ([{"exists": False}], [MISSING], ["value"]),
    ([{"exists": True}, {"prefix": "ignored"}], ["value"], []),
    ([{"equals-ignore-case": "ec2 change"}], [["EC2 Change"]], [["other"]]),
    ([{"equals-ignore-case": ""}], [""], ["value"]),
    ([{"prefix": "2022-07-13"}], ["2022-07-13T13:48:01Z"], ["2022-07-12"]),
    ([{"prefix": ""}], ["any"], []),
    ([{"prefix": {"equals-ignore-case": "EventB"}}], ["EvEnTb", "EVENTBRIDGE"], ["other"]),
    ([{"suffix": ".png"}], ["image.png"], ["image.PNG"]),
    ([{"suffix": ""}], ["any"], []),
    ([{"suffix": {"equals-ignore-case": ".png"}}], ["image.PNG"], ["image.jpg"]),
    ([{"cidr": "10.0.0.0/24"}], ["10.0.0.255"], ["10.0.0.256", 123]),
    (
        [{"cidr": "2001:db8:1234:1a00::/64"}],
        ["2001:0db8:1234:1a00:0000:0000:0000:0000"],
        ["2001:0db8:123f:1a01:0000:0000:0000:0000"],
    ),
    ([{"numeric": [">", 0, "<=", 5]}], [3], [42, 0]),
    ([{"numeric": [">", 200, "<", 500]}], [300], []),
    ([{"numeric": [">=", 200, "<", 500]}], [300], []),
    ([{"numeric": ["<", 10]}], [9], [10]),
    ([{"numeric": ["=", 3.018e2]}], [301.8], [901.8]),
    ([{"numeric": [">", 100]}], [101.0], [None, "300"]),
    ([{"numeric": [">", 100]}, {"anything-but": "101"}], ["42"], ["101"]),
    ([{"anything-but": ["roses"]}, {"exists": False}], ["ABCD", MISSING], []),
    ([{"wildcard": "/Users/*/doc.txt"}], ["/Users/u/dir/dir/doc.txt"], ["/Users/u/dir/otherdoc.txt"]),
    (
        [{"wildcard": "/Users/*/dir/dir/dir/dir/dir/doc.txt"}],
        ["/Users/u/dir/dir/dir/dir/dir/doc.txt"],
        ["/Users/u/doc.txt"],
    ),
    ([{"wildcard": "arn:aws:events:us-east-1:*:event-bus/*"}], ["arn:aws:events:us-east-1:1:event-bus/b"], []),
    ([{"wildcard": ""}], [], ["any"]),
    (["*", "\\"], ["*", "\\"], []),
]
FIELD_CASES = [
    (values, value, expected)
    for values, matching, others in FIELD
    for expected, events in ((True, matching), (False, others))
    for value in events
]

COMMON = {"scope": "Service", "source": "aws.cloudwatch"}
OR: dict[str, Any] = {
    "$or": [{"name": ["CPU", "Latency"]}, {"space": ["EC2", "ES"]}],
    "detail": {"scope": ["Service"], "$or": [{"source": ["aws.cloudwatch"]}, {"type": ["Alarm"]}]},
}
RECORDS = {"Records": {"s3": {"object": {"key": [{"prefix": "auto-"}]}}, "eventName": [{"prefix": "ObjectCreated:"}]}}


def s3_record(name: str, content: Any) -> dict[str, Any]:
    return {"eventName": name, "s3": {"object": content}}


CREATED, REMOVED = (
    s3_record("ObjectCreated:Put", {"key": "auto-1"}),
    s3_record("ObjectRemoved:Delete", {"key": "auto-1"}),
)
#: Pattern, event, and whether it matches.
WHOLE: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({"a": {"b": {"c": {"d": [{"exists": False}]}}}}, {"a": {"b": "text"}}, True),
    ({"a": {"b": {"c": {"d": [{"exists": False}]}}}}, {"a": {"b": {"c": {"d": "text"}}}}, False),
    ({"image": {"home": {"S": [{"exists": False}]}}}, {"image": {"sold": {"N": "789"}}}, True),
    ({"image": {"home": {"S": [{"exists": False}]}}}, {"image": {"home": {"N": "789"}}}, True),
    ({"dynamodb": {"key": {"S": [{"exists": True}]}}}, {"dynamodb": {"key": {"S": "a"}}}, True),
    ({"dynamodb": {"key": [{"exists": True}]}}, {"dynamodb": {"key": {"S": "a"}}}, False),
    ({"a": {"b": ["running"]}}, {"a.b": "running"}, True),  # names are joined by dots
    ({"a": {"b": ["running"]}}, {"a.b": {"b": "running"}}, False),
    ({"a.b": ["running"]}, {"a": {"b": "running"}}, True),
    ({"a.b": {"b": ["running"]}}, {"a": {"b": "running"}}, False),
    ({"KEY": ["value"]}, {"key": "value"}, False),
    ({"a": {"b": ["value"]}}, {"a": '{"b": "value"}'}, False),
    ({"list": {"id": [{"exists": True}]}}, {"list": [{"a": 1}, {"id": "x"}, {"b": 2}]}, True),
    ({"a": ["x"], "b": [1]}, {"a": "x", "b": 1, "c": True}, True),
    ({"a": ["x"], "b": [1]}, {"a": "x", "b": 2}, False),
    ({"$or": [{"a": [{"numeric": [">", 0]}]}, {"b": [{"numeric": ["<", 10]}]}]}, {"a": 0, "b": 0}, True),
    ({"$or": [{"a": [{"numeric": [">", 0]}]}, {"b": [{"numeric": ["<", 10]}]}]}, {"a": 0, "b": 10}, False),
    (OR, {"name": "CPU", "detail": COMMON}, True),
    (OR, {"name": "Latency", "detail": COMMON}, True),
    (OR, {"space": "EC2", "detail": COMMON}, True),
    (OR, {"name": "CPU", "detail": {"scope": "Service", "type": "Alarm"}}, True),
    (OR, {"name": "CPU", "detail": {"scope": "other", "type": "Alarm"}}, False),
    (OR, {"name": "CPU", "detail": {"scope": "Service", "type": "CPU"}}, False),
    (OR, {"name": "CPU", "detail": {"type": "Alarm"}}, False),
    (OR, {"name": "CPU", "detail": {"scope": "Service"}}, False),
    (OR, {"name": "CPU", "scope": "Service"}, False),
    (OR, {"name": "EC2", "detail": COMMON}, False),
    (OR, {"space": "CPU", "detail": COMMON}, False),
    (RECORDS, {"Records": [CREATED]}, True),
    (RECORDS, {"Records": [REMOVED]}, False),
    (RECORDS, {"Records": [s3_record("ObjectCreated:Put", {"key": "home-1"})]}, False),
    (RECORDS, {"Records": [s3_record("ObjectCreated:Put", [[{"key": "auto-1"}]]), REMOVED]}, True),
]
#: Values and operators for a field that AWS refuses.
REFUSED: list[Any] = [
    [],
    42,
    "my-value",
    [["value"]],
    [{"wrong-operator": True}],
    [{"suffix": "value", "prefix": "value2"}],
    {"suffix": "value"},
    {"suffix": "value", "prefix": "value"},
    {"not-an-operator": "value"},
    [{"EXISTS": True}],
    [{"NUMERIC": ["=", 5]}],
    [{"exists": None}],
    [{"exists": "no"}],
    [{"prefix": 123}],
    [{"prefix": ["2022"]}],
    [{"suffix": 100}],
    [{"suffix": None}],
    [{"suffix": []}],
    [{"suffix": ["test", "test2"]}],
    [{"equals-ignore-case": ["ec2"]}],
    [{"equals-ignore-case": {"prefix": "ec2"}}],
    [{"cidr": ["10.0.0.0/24"]}],
    [{"cidr": "bad-filter"}],
    [{"cidr": "bad-filter/64"}],
    [{"cidr": "bad-/64filter"}],
    [{"cidr": "xx.11.xx/8"}],
    [{"cidr": "xxxx:db8:1234:1a00::/64"}],
    [{"numeric": 10}],
    [{"numeric": []}],
    [{"numeric": ["operator"]}],
    [{"numeric": [1, "<="]}],
    [{"numeric": ["=", "000"]}],
    [{"numeric": [">="]}],
    [{"numeric": ["<", 100, ">", 10]}],
    [{"numeric": [">=", 1, ">", 2]}],
    [{"numeric": [">", 3, "<", 1]}],
    [{"numeric": [">", 20, "<="]}],
    [{"numeric": [">", 20, 30]}],
    [{"numeric": [">", 20, "test"]}],
    [{"numeric": [">", "20", "<", "30"]}],
    [{"numeric": [">", 20, "<", "30"]}],
    [{"numeric": [">", 20, "<", 30, "<", 50]}],
    [{"anything-but": None}],
    [{"anything-but": ["stopped", None]}],
    [{"anything-but": {"exists": False}}],
    [{"anything-but": {"wrong-operator": None}}],
    [{"anything-but": {"equals-ignore-case": 123}}],
    [{"anything-but": {"equals-ignore-case": [123, 456]}}],
    [{"anything-but": {"prefix": ""}}],
    [{"anything-but": {"prefix": False}}],
    [{"anything-but": {"prefix": 123}}],
    [{"anything-but": {"prefix": [123, "test"]}}],
    [{"anything-but": {"prefix": {"equals-ignore-case": "file"}}}],
    [{"anything-but": {"suffix": ""}}],
    [{"anything-but": {"suffix": 123}}],
    [{"anything-but": {"suffix": [123, ".txt"]}}],
    [{"anything-but": {"suffix": [None, ".txt"]}}],
    [{"anything-but": {"suffix": {"equals-ignore-case": ".png"}}}],
    [{"anything-but": {"wildcard": 123}}],
    [{"anything-but": {"wildcard": [123, "*/dir/*"]}}],
    [{"wildcard": 123}],
    [{"wildcard": ["arn:*"]}],
    [{"wildcard": "arn:aws:events:us-east-1:**:event-bus/*"}],
    [{"wildcard": "*:*:*:*:*:event-bus/*"}],
]


@pytest.mark.parametrize(("values", "value", "expected"), FIELD_CASES)
def test_a_field_matches_as_recorded(values: list[Any], value: Any, expected: bool) -> None:
    event = value if value is MISSING else {"x": value}
    assert matches(read({"x": values}), event) is expected
    assert matches(read({"detail": {"x": values}}), {"detail": event}) is expected  # at any depth


@pytest.mark.parametrize(("pattern", "event", "expected"), WHOLE)
def test_an_event_matches_as_recorded(pattern: dict[str, Any], event: dict[str, Any], expected: bool) -> None:
    assert matches(read(pattern), event) is expected


def test_the_last_of_repeated_fields_counts() -> None:
    """Recorded with `location` twice, the first of which does not match."""
    pattern = read('{"x": [{"prefix": "us-"}], "x": [{"anything-but": "us-east"}]}')
    assert matches(pattern, {"x": "eu-central-1"})


@pytest.mark.parametrize("values", REFUSED)
def test_a_pattern_is_refused_as_recorded(values: Any) -> None:
    complaint = check({"x": values})
    assert complaint is not None
    assert complaint.rpartition("; ")[2].split()[0] in ("give", "write", "use", "leave")
    with pytest.raises(PatternError, match=r'"x"|field'):
        read({"x": values})


@pytest.mark.parametrize("text", ["a text", "{'bad': 'quotation'}", '{"not": closed mark"', '["a", "list"]', "null"])
def test_what_is_no_json_object_is_refused_as_recorded(text: str) -> None:
    assert check(text) is not None
