"""Filter patterns match what CloudWatch Logs documents.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html has the examples.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_simulator.services.log_pattern_parts import NotKnownError
from redrive_simulator.services.log_patterns import read
from redrive_simulator.services.refusals import Refused

BAD, UNAUTHORIZED = "[ERROR 400] BAD REQUEST", "[ERROR 401] UNAUTHORIZED REQUEST"
MISSING, INVALID = "[ERROR 419] MISSING ARGUMENTS", "[ERROR 420] INVALID ARGUMENTS"
INTERNAL, INFO = "[ERROR 500] INTERNAL SERVER ERROR", "[INFO] REQUEST FAILED"
ALL = [BAD, UNAUTHORIZED, MISSING, INVALID, INTERNAL, INFO]


@pytest.mark.parametrize(
    ("pattern", "matched"),
    [
        ("", ALL),
        ('" "', ALL),
        ("ERROR", ALL[:5]),
        ("error", []),
        ("ERROR ARGUMENTS", [MISSING, INVALID]),
        ("?INFO ?ARGUMENTS", [MISSING, INVALID, INFO]),
        ("?ERROR ?ARGUMENTS REQUEST", [BAD, UNAUTHORIZED, INFO]),
        ('"INTERNAL SERVER ERROR"', [INTERNAL]),
        ("ERROR -ARGUMENTS", [BAD, UNAUTHORIZED, INTERNAL]),
        ('-"BAD REQUEST" -ARGUMENTS', [UNAUTHORIZED, INTERNAL, INFO]),
        ('?"BAD REQUEST" ?"[INFO]"', [BAD, INFO]),
        ("%AUTHORIZED%", [UNAUTHORIZED]),
        (r"%^\[ERROR 4[0-9]{2}\]% REQUEST", [BAD, UNAUTHORIZED]),
    ],
)
def test_terms(pattern: str, matched: list[str]) -> None:
    matches = read(pattern)
    assert [message for message in ALL if matches(message)] == matched


EVENT: dict[str, Any] = {
    "eventType": "UpdateTrail",
    "sourceIPAddress": "111.111.111.111",
    "arrayKey": ["value", "another value"],
    "objectList": [{"name": "a", "id": 1}, {"name": "b", "id": 2}],
    "SomeObject": None,
    "cluster.name": "c",
    "done": True,
    "errorCode": 400,
    "number": [1000, 5],
    "user": {"id": 1, "email": "John.Stiles@example.com"},
    "users": [{"id": 2, "email": "John.Doe@example.com"}, {"id": 3, "email": "Jane.Doe@example.com"}],
    "actions": ["GET", "PUT", "DELETE"],
    "coordinates": [[0, 1, 2], [4, 5, 6], [7, 8, 9]],
}
STILES = '$.user.email = "John.Stiles@example.com"'
NO_MATCH = '$.coordinates[0][1] = "nonmatch"'


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ('{ $.eventType = "UpdateTrail" }', True),
        ('{ $.eventType = "updateTrail" }', False),
        ("{ $.eventType = UpdateTrail }", True),
        ("{ $.eventType = Update* }", True),
        ('{ $.eventType = "*Trail" }', True),
        ('{ $.eventType != "Update*" }', False),
        ("{ $.sourceIPAddress != 123.123.* }", True),
        ("{ $.sourceIPAddress != 111.111.* }", False),
        ('{ $.arrayKey[0] = "value" }', True),
        ('{ $.arrayKey[1] = "value" }', False),
        ('{ $.arrayKey[2] = "value" }', False),
        ('{ $.arrayKey = "value" }', False),
        ("{ $.eventType = %Trail% }", True),
        ("{ $.eventType != %Trail% }", False),
        ("{ $.arrayKey[*] = %val.{2}% }", True),
        (r"{ $.* = %111\.111\.111\.1[0-9]{1,2}% }", True),
        ("{ $.objectList[*].id = 2 }", True),
        ("{ $.objectList[*].id = 3 }", False),
        ("{ $.['cluster.name'] = \"c\" }", True),
        ("{ $.SomeObject IS NULL }", True),
        ("{ $.eventType IS NULL }", False),
        ("{ $.done IS TRUE }", True),
        ("{ $.done IS FALSE }", False),
        ("{ $.SomeOtherObject NOT EXISTS }", True),
        ("{ $.SomeObject NOT EXISTS }", False),
        ("{ $.errorCode = 400}", True),
        ("{ $.errorCode = 400.0 }", True),
        ("{ $.errorCode = 4* }", True),
        ("{ $.errorCode = 5* }", False),
        ("{ $.errorCode != 500 }", True),
        ("{ $.errorCode > 75 }", True),
        ("{ $.errorCode < 400 }", False),
        ("{ $.errorCode >= 400 }", True),
        ("{ $.errorCode <= 399 }", False),
        ("{ $.eventType > 1 }", False),
        ("{ $.number[0] = 1e+3 }", True),
        ("{ $.number[0] != 1e-3 }", True),
        ('{ ($.user.id = 1) && ($.users[0].email = "John.Doe@example.com") }', True),
        (f'{{ {STILES} || {NO_MATCH} && $.actions[2] = "nonmatch" }}', True),
        (f'{{ ({STILES} || {NO_MATCH}) && $.actions[2] = "nonmatch" }}', False),
        ('{ ($.user.id = 2 && $.users[0].email = "nonmatch") || $.actions[2] = "GET" }', False),
    ],
)
def test_json(pattern: str, expected: bool) -> None:
    assert read(pattern)(json.dumps(EVENT)) is expected
    assert read(pattern)("no JSON") is False


@pytest.mark.parametrize(
    "pattern",
    [
        "a.b",
        "a-b",
        '"open',
        "%open",
        "%something!%",
        "%(group)%",
        "%[%",
        "{ $.a = 1",
        "{ $.a }",
        "{ $.a == 1 }",
        "{ a = 1 }",
        "{ $.a = }",
        "{ ($.a = 1 }",
        "{ $.a = 1 ) }",
        "{ $.a > x }",
        "{ $.a IS NOT }",
        "{ $.a EXISTS }",
        "{ $.a NOT NULL }",
        "{ $.a[*].b[*] = 1 }",
        "{ $.a[*] = 1 || $.b[*] = 1 || $.c[*] = 1 || $.d[*] = 1 }",
        "{ $.a = %a% || $.a = %b% || $.a = %c% }",
        "{}",
    ],
)
def test_what_violates_the_syntax_is_refused(pattern: str) -> None:
    with pytest.raises(Refused, match="InvalidParameterException: Invalid "):
        read(pattern)


def test_what_is_not_documented_is_an_error_by_name() -> None:
    with pytest.raises(NotKnownError, match="separated by spaces"):
        read("[w1=ERROR, w2]")
    with pytest.raises(NotKnownError, match=r"\$\.other != 1 for a message without \$\.other"):
        read("{ $.other != 1 }")(json.dumps(EVENT))
