"""The stand-in for DynamoDB evaluates conditions as DynamoDB does.

The cases are of https://github.com/scylladb/scylladb/blob/master/test/alternator/test_condition_expression.py, which
was run at AWS.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator.services.condition_evaluation import holds
from redrive_simulator.services.conditions import read_condition
from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.refusals import Refused
from redrive_simulator.services.values import Item
from tests.support.simulator.tables import shared_client

ITEM: Item = {
    "a": {"N": "1"},
    "s": {"S": "abc"},
    "b": {"B": b"\x80\x01"},
    "t": {"BOOL": True},
    "z": {"NULL": True},
    "l": {"L": [{"N": "1"}, {"M": {"in": {"S": "x"}}}]},
    "m": {"M": {"k": {"S": "v"}, "e": {"L": []}}},
    "ss": {"SS": ["a", "b"]},
    "ns": {"NS": ["1", "2.5"]},
}
NAMES = {"#in": "in"}
VALUES: dict[str, dict[str, Any]] = {
    ":n": {"N": "1"},
    ":m": {"N": "2"},
    ":s": {"S": "a"},
    ":type": {"S": "SS"},
    ":one": {"N": "1.0"},
    ":ab": {"S": "ab"},
    ":low": {"B": b"\x7f"},
    ":two": {"N": "2.50"},
    ":ba": {"SS": ["b", "a"]},
    ":three": {"N": "3"},
}
HOLDS: list[tuple[str, bool]] = [
    ("a = :one", True),
    ("a = :s", False),
    ("q = r", False),
    ("q <> r", True),
    ("q <> :n", True),
    ("q < r", False),
    ("a < s", False),
    ("ss = :ba", True),
    ("b > :low", True),
    ("a BETWEEN :n AND :m", True),
    ("a BETWEEN s AND :m", False),
    ("q BETWEEN :n AND :m", False),
    ("a between :n and :m", True),
    ("a IN (:s, :n)", True),
    ("q IN (:s, :n)", False),
    ("l[1].#in IN (:s, s, l)", False),
    ("attribute_type(:n, :type)", False),
    ("attribute_type(ss, :type)", True),
    ("attribute_type(q, :type)", False),
    ("begins_with(s, :ab)", True),
    ("begins_with(:ab, s)", False),
    ("begins_with(a, :ab)", False),
    ("contains(s, :ab)", True),
    ("contains(l, :one)", True),
    ("contains(ns, :two)", True),
    ("contains(ss, :n)", False),
    ("contains(a, :n)", False),
    ("size(s) = :three", True),
    ("size(m) = :m", True),
    ("size(l) > a", True),
    ("size(a) = :n", False),
    ("size(a) < :n", False),
    ("size(:ab) = size(ss)", True),
    ("size(q) = :n", False),
    ("NOT NOT a = :n", True),
    ("not a = :n", False),
    ("NOT a = :s AND a = :n", True),
    ("a = :n OR a = :m AND q = r", True),
    ("(a = :n OR a = :m) AND q = r", False),
    ("((a = :n) AND (s = :s)) OR (a) = (:n)", True),
    ("attribute_exists(l[1].#in) AND attribute_not_exists(l[2])", True),
    ("attribute_exists(m.k.x)", False),
    ("attribute_exists(a[0])", False),
    ("m.e = l[7]", False),
]


@pytest.mark.parametrize(("text", "expected"), HOLDS, ids=[text for text, _ in HOLDS])
def test_a_condition_holds(text: str, expected: bool) -> None:
    node = read_condition("ConditionExpression", text, Placeholders(NAMES, VALUES))
    assert holds(node, ITEM) is expected


def test_what_an_evaluation_does_not_reach_counts_as_used() -> None:
    """As issue 6572 of Scylla, run at AWS."""
    client, key = shared_client(), {"p": {"S": "reach"}}
    client.put_item(TableName="hash", Item={**key, "a": {"N": "1"}})
    client.put_item(
        TableName="hash",
        Item=key,
        ConditionExpression="a = :n OR #x = :m",
        ExpressionAttributeNames={"#x": "x"},
        ExpressionAttributeValues={":n": VALUES[":n"], ":m": VALUES[":m"]},
    )


LEAVES = {
    "a = :n": True,
    "a = :m": False,
    "attribute_exists(s)": True,
    "q < :n": False,
    "q <> a": True,
    "s IN (a, s)": True,
}
# An expression and its value, by the rules of precedence.
TREES = st.recursive(
    st.sampled_from(sorted(LEAVES)).map(lambda leaf: (leaf, LEAVES[leaf], "leaf")),
    lambda inner: st.one_of(
        inner.map(lambda one: (f"NOT {grouped(one, 'AND', 'OR')}", not one[1], "NOT")),
        st.tuples(inner, inner).map(
            lambda two: (f"{grouped(two[0], 'OR')} AND {grouped(two[1], 'OR')}", two[0][1] and two[1][1], "AND")
        ),
        st.tuples(inner, inner).map(lambda two: (f"{two[0][0]} OR {two[1][0]}", two[0][1] or two[1][1], "OR")),
    ),
    max_leaves=12,
)


def grouped(tree: tuple[str, bool, str], *looser: str) -> str:
    return f"({tree[0]})" if tree[2] in looser else tree[0]


@given(TREES)
def test_precedence_is_not_and_or(tree: tuple[str, bool, str]) -> None:
    text, expected, _ = tree
    values = {key: VALUES[key] for key in (":n", ":m")}
    assert holds(read_condition("ConditionExpression", text, Placeholders(None, values)), ITEM) is expected


TOKENS = [
    "(",
    ")",
    "a",
    ":n",
    "=",
    "<",
    "AND",
    "OR",
    "NOT",
    "IN",
    "BETWEEN",
    "size",
    "contains",
    ",",
    ".",
    "[",
    "0",
    "]",
]


@given(st.lists(st.sampled_from(TOKENS), max_size=12))
def test_any_text_is_read_or_refused(tokens: list[str]) -> None:
    """No other error ends a request, however wrong an expression is."""
    with suppress(Refused):
        node = read_condition("ConditionExpression", " ".join(tokens), Placeholders(None, {":n": {"N": "1"}}))
        assert holds(node, ITEM) in (True, False)
