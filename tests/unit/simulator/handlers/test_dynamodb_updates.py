"""The stand-in for DynamoDB updates items as DynamoDB does, and refuses the updates that DynamoDB refuses.

Sources, all run at AWS: https://github.com/mhart/dynalite/blob/main/test/updateItem.js (D), test_update_expression.py
and test_returnvalues.py of https://github.com/scylladb/scylladb/tree/master/test/alternator (S), and
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests (P).
"""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive_simulator.services.placeholders import Placeholders
from redrive_simulator.services.updates import read_update, updated
from redrive_simulator.services.values import Item
from tests.support.simulator.tables import answer, invalid, shared_client, used

VALUES: dict[str, dict[str, Any]] = {
    ":n": {"N": "1"},
    ":m": {"N": "2"},
    ":s": {"S": "a"},
    ":l": {"L": [{"S": "z"}]},
    ":map": {"M": {}},
    ":ns": {"NS": ["1", "3"]},
    ":ss": {"SS": ["a"]},
}
OPERAND = "Incorrect operand type for operator or function; operator or function: "
CHANGE = "Incorrect operand type for operator or function; operator: "
ONCE = 'The "{}" section can only be used once in an update expression;'
OPERATORS = "The expression contains too many operators; operator count: 301"
NO_NAME = "An expression attribute name used in the document path is not defined; attribute name: "
NO_VALUE = "An expression attribute value used in expression is not defined; attribute value: "
NUMBER_OF = "Incorrect number of operands for operator or function; operator or function: "
OVERLAP = "Two document paths overlap with each other; must remove or rewrite one of these paths; "
CONFLICT = "Two document paths conflict with each other; must remove or rewrite one of these paths; "
REFUSED: list[tuple[str, str, str]] = [
    ("D: empty", "", "The expression can not be empty;"),
    ("S: long", "x" * 4097, "Expression size has exceeded the maximum allowed size; expression size: 4097"),
    ("P: no section", "INVALID SYNTAX HERE", 'Syntax error; token: "INVALID", near: "INVALID SYNTAX"'),
    ("D: no action", "SET", 'Syntax error; token: "<EOF>", near: "SET"'),
    ("D: no operand", "SET a =", 'Syntax error; token: "<EOF>", near: "="'),
    ("D: comma", "SET a = :n,", 'Syntax error; token: "<EOF>", near: ","'),
    ("S: three summands", "SET a = :n + :n + :m", 'Syntax error; token: "+", near: ":n + :m"'),
    ("S: value changed", "SET :n = :m", 'Syntax error; token: ":n", near: "SET :n ="'),
    ("S: sum in a function", "SET a = if_not_exists(a, :n+:m)", 'Syntax error; token: "+", near: ":n+:m"'),
    ("S: other sign", "SET a = if_not_exists(no@sense, :n)", 'Syntax error; token: "@", near: "no@sense"'),
    ("S: position by name", "SET a[#x] = :n", 'Syntax error; token: "#x", near: "[#x]"'),
    ("D: ADD of a path", "ADD a b", 'Syntax error; token: "b", near: "a b"'),
    ("S: function underscore", "SET a = _f(b)", 'Syntax error; token: "_", near: "= _f"'),
    ("S: unknown function", "SET a = f(b, c)", "Invalid function name; function: f"),
    ("S: function of conditions", "SET a = size(b)", "Invalid function name; function: size"),
    ("S: capitals", "SET a = LIST_APPEND(:l, :l)", "Invalid function name; function: LIST_APPEND"),
    ("D: reserved", "SET name = :n", "Attribute name is a reserved keyword; reserved keyword: name"),
    ("S: two SET", "SET a = :n SET b = :m", ONCE.format("SET")),
    ("D: two remove", "remove a SET b = :n REMOVE c", ONCE.format("REMOVE")),
    ("D: undefined name", "SET #a = :n", f"{NO_NAME}#a"),
    ("P: undefined value", "SET a = :x", f"{NO_VALUE}:x"),
    ("S: same path", "SET a = :n REMOVE a", f"{OVERLAP}path one: [a], path two: [a]"),
    ("S: path within", "SET a.b[1] = :n, a = :m", f"{OVERLAP}path one: [a, b, [1]], path two: [a]"),
    ("S: map and list", "SET a.b = :n, a[1] = :m", f"{CONFLICT}path one: [a, b], path two: [a, [1]]"),
    ("S: sum of text", "SET a = :s + :n", f"{OPERAND}+, operand type: S"),
    ("D: difference of a list", "SET a = b - :l", f"{OPERAND}-, operand type: L"),
    ("S: append to text", "SET a = list_append(:l, :s)", f"{OPERAND}list_append, operand type: S"),
    ("S: one operand", "SET a = list_append(:l)", f"{NUMBER_OF}list_append, number of operands: 1"),
    ("S: three operands", "SET a = if_not_exists(a, :n, :m)", f"{NUMBER_OF}if_not_exists, number of operands: 3"),
    (
        "S: default of a value",
        "SET a = if_not_exists(:n, :m)",
        "Operator or function requires a document path; operator or function: if_not_exists",
    ),
    (
        "S: append of append",
        "SET a = list_append(list_append(:l, :l), :l)",
        "The function is not allowed to be used this way in an expression; function: list_append",
    ),
    ("S: ADD text", "ADD a :s", f"{CHANGE}ADD, operand type: STRING"),
    ("S: ADD list", "ADD a :l", f"{CHANGE}ADD, operand type: LIST"),
    ("S: DELETE number", "DELETE a :n", f"{CHANGE}DELETE, operand type: NUMBER"),
    ("D: DELETE map", "DELETE a :map", f"{CHANGE}DELETE, operand type: MAP"),
    ("many sums", f"SET {','.join(f'a{each}=:n+:m' for each in range(301))}", OPERATORS),
]


@pytest.mark.parametrize(("text", "message"), [pytest.param(*each, id=id) for id, *each in REFUSED])
def test_an_update_is_refused_before_its_condition_is_evaluated(text: str, message: str) -> None:
    given = {"UpdateExpression": text, "ConditionExpression": "attribute_exists(nothing)", **used(text, VALUES)}
    refused = answer(lambda: shared_client().update_item(TableName="hash", Key={"p": {"S": "none"}}, **given))
    assert refused == invalid(f"Invalid UpdateExpression: {message}")


BEFORE: Item = {
    "a": {"N": "1"},
    "s": {"S": "x"},
    "l": {"L": [{"N": str(each)} for each in range(6)]},
    "m": {"M": {"k": {"S": "v"}, "in": {"L": [{"M": {"x": {"N": "7"}}}]}}},
    "ns": {"NS": ["1", "2"]},
}
MISSING = "The provided expression refers to an attribute that does not exist in the item"
TYPE = "An operand in the update expression has an incorrect data type"
PATH = "The document path provided in the update expression is invalid for update"
PART = "One or more parameter values were invalid: Cannot update attribute p. This attribute is part of the key"
# What cannot be done to this item.
IMPOSSIBLE: list[tuple[str, str]] = [
    ("SET b = q", MISSING),
    ("SET b = :n, c = b", MISSING),
    ("SET b = q + :n", MISSING),
    ("SET b = list_append(q, :l)", MISSING),
    ("SET b = s + :n", TYPE),
    ("SET b = list_append(a, :l)", TYPE),
    ("ADD s :n", TYPE),
    ("ADD a :ns", TYPE),
    ("ADD ns :ss", TYPE),
    ("DELETE ns :ss", TYPE),
    ("DELETE l :ns", TYPE),
    ("SET q.x = :n", PATH),
    ("SET q[0] = :n", PATH),
    ("SET l.x = :n", PATH),
    ("SET m[0] = :n", PATH),
    ("SET s.x = :n", PATH),
    ("REMOVE q.x", PATH),
    ("REMOVE s[0]", PATH),
    ("REMOVE l.x", PATH),
    ("ADD q.x :n", PATH),
    ("SET p = :s", PART),
    ("REMOVE p", PART),
    ("ADD p :n", PART),
    ("DELETE p :ss", PART),
    ("SET p.x = :n", PART),
]


@pytest.mark.parametrize(("text", "message"), IMPOSSIBLE, ids=[text for text, _ in IMPOSSIBLE])
def test_an_update_that_an_item_does_not_allow_changes_nothing(text: str, message: str) -> None:
    client, key = shared_client(), {"p": {"S": "impossible"}}
    client.put_item(TableName="hash", Item={**key, **BEFORE})
    refused = answer(lambda: client.update_item(TableName="hash", Key=key, UpdateExpression=text, **used(text, VALUES)))
    assert refused == invalid(message)
    assert client.get_item(TableName="hash", Key=key)["Item"] == {**key, **BEFORE}


def numbers(*content: int) -> dict[str, Any]:
    return {"L": [{"N": str(each)} for each in content]}


# Changes; `None`: removed.
CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("SET a = a + :m", {"a": {"N": "3"}}),
    ("SET a = (:n - a)", {"a": {"N": "0"}}),
    ("SET a = (a) + (:n)", {"a": {"N": "2"}}),
    ("SET a = s, s = a", {"a": {"S": "x"}, "s": {"N": "1"}}),
    ("SET b = if_not_exists(q, if_not_exists(r, a))", {"b": {"N": "1"}}),
    ("SET b = if_not_exists(q, :n) + :m", {"b": {"N": "3"}}),
    ("SET l = list_append(if_not_exists(q, :l), l)", {"l": {"L": [{"S": "z"}, *numbers(0, 1, 2, 3, 4, 5)["L"]]}}),
    ("set l[1] = :s REMOVE l[0], l[4]", {"l": {"L": [{"S": "a"}, *numbers(2, 3, 5)["L"]]}}),
    ("REMOVE l[1] SET l[3] = :n", {"l": numbers(0, 2, 1, 4, 5)}),
    ("SET l[84] = :n, l[37] = a, l[50] = :m", {"l": numbers(0, 1, 2, 3, 4, 5, 1, 2, 1)}),
    ("REMOVE l[6], l[17] SET l[20] = :n", {"l": numbers(0, 1, 2, 3, 4, 5, 1)}),
    ("REMOVE q, m.q, m.k", {"m": {"M": {"in": BEFORE["m"]["M"]["in"]}}}),
    ("SET m.#in[0].x = m.#in[0].x + :n", {"m": {"M": {"k": {"S": "v"}, "in": {"L": [{"M": {"x": {"N": "8"}}}]}}}}),
    ("ADD a :m, b :n, c :ns", {"a": {"N": "3"}, "b": {"N": "1"}, "c": {"NS": ["1", "3"]}}),
    ("ADD ns :ns", {"ns": {"NS": ["1", "2", "3"]}}),
    ("ADD m.#in[0].x :n", {"m": {"M": {"k": {"S": "v"}, "in": {"L": [{"M": {"x": {"N": "8"}}}]}}}}),
    ("DELETE ns :ns, q :ss", {"ns": {"NS": ["2"]}}),
]


@pytest.mark.parametrize(("text", "changes"), CHANGES, ids=[text for text, _ in CHANGES])
def test_an_update_changes_an_item(text: str, changes: dict[str, Any]) -> None:
    names = {"#in": "in"} if "#in" in text else None
    update = read_update(text, Placeholders(names, used(text, VALUES).get("ExpressionAttributeValues")))
    before = copy.deepcopy(BEFORE)
    assert updated(update, BEFORE) == {**BEFORE, **changes}
    assert before == BEFORE


def test_the_last_member_takes_its_set_along() -> None:
    update = read_update("DELETE ns :v", Placeholders(None, {":v": {"NS": ["1", "2"]}}))
    assert "ns" not in updated(update, BEFORE)


# Update, and what is there afterwards.
NEW: list[tuple[str | None, dict[str, Any] | None]] = [
    (None, {}),
    ("SET a = :n", {"a": {"N": "1"}}),
    ("ADD a :n", {"a": {"N": "1"}}),
    ("REMOVE a", None),
    ("REMOVE x.y, z[0]", None),
    ("DELETE a :ss", None),
]


@pytest.mark.parametrize(("text", "made"), NEW, ids=[str(text) for text, _ in NEW])
def test_an_update_makes_an_item_if_it_gives_it_something(text: str | None, made: dict[str, Any] | None) -> None:
    """An update that only removes does not: test_update_item_non_existent of test_item.py."""
    client, key = shared_client(), {"p": {"S": f"new {text}"}}
    expression = {} if text is None else {"UpdateExpression": text, **used(text, VALUES)}
    reply = client.update_item(TableName="hash", Key=key, ReturnValues="ALL_NEW", **expression)
    assert reply.get("Attributes") == (None if made is None else {**key, **made})
    assert client.get_item(TableName="hash", Key=key).get("Item") == reply.get("Attributes")


CONTENT: dict[str, Any] = {"M": {"b": {"S": "dog"}, "c": numbers(1, 2, 3)}}
# Of test_update_item_returnvalues_nested of test_returnvalues.py.
RETURNED: list[tuple[str, str, dict[str, Any] | None]] = [
    ("UPDATED_OLD", "SET m.b = :s", {"m": {"M": {"b": {"S": "dog"}}}}),
    ("UPDATED_OLD", "SET m.c[1] = :n, m.b = :s", {"m": {"M": {"b": {"S": "dog"}, "c": numbers(2)}}}),
    ("UPDATED_OLD", "REMOVE m.c[1], m.c[3]", {"m": {"M": {"c": numbers(2)}}}),
    ("UPDATED_OLD", "SET m.x = :n", None),
    ("UPDATED_OLD", "SET d = :n, e = :n", {"d": {"S": "cat"}}),
    ("UPDATED_NEW", "SET m.x = :n", {"m": {"M": {"x": {"N": "1"}}}}),
    ("UPDATED_NEW", "SET m.c[100] = :n", None),
    ("UPDATED_NEW", "REMOVE m.c[1]", {"m": {"M": {"c": numbers(3)}}}),
    ("UPDATED_NEW", "REMOVE d", None),
    ("ALL_OLD", "REMOVE d", {"p": {"S": "r"}, "m": CONTENT, "d": {"S": "cat"}}),
    ("ALL_NEW", "REMOVE d, m.c", {"p": {"S": "r"}, "m": {"M": {"b": {"S": "dog"}}}}),
    ("NONE", "REMOVE d", None),
]


@pytest.mark.parametrize(("kind", "text", "returned"), RETURNED, ids=[f"{kind} {text}" for kind, text, _ in RETURNED])
def test_an_update_returns_what_is_asked_for(kind: str, text: str, returned: dict[str, Any] | None) -> None:
    client, key = shared_client(), {"p": {"S": "r"}}
    client.put_item(TableName="hash", Item={**key, "m": CONTENT, "d": {"S": "cat"}})
    reply = client.update_item(
        TableName="hash", Key=key, ReturnValues=kind, UpdateExpression=text, **used(text, VALUES)
    )
    assert reply.get("Attributes") == returned


@pytest.mark.parametrize("kind", ["ALL_NEW", "UPDATED_OLD", "UPDATED_NEW"])
def test_a_put_or_delete_returns_only_what_was_there(kind: str) -> None:
    client, key = shared_client(), {"p": {"S": "returned"}}
    refused = invalid("ReturnValues can only be ALL_OLD or NONE")
    assert answer(lambda: client.put_item(TableName="hash", Item=key, ReturnValues=kind)) == refused
    assert answer(lambda: client.delete_item(TableName="hash", Key=key, ReturnValues=kind)) == refused


def test_an_update_of_an_index_key_keeps_its_type() -> None:
    """Of https://github.com/scylladb/scylladb/blob/master/test/alternator/test_gsi.py."""
    client, key = shared_client(), {"p": {"S": "index"}, "c": {"N": "1"}}

    def refused(text: str, value: dict[str, Any]) -> object:
        given = {"UpdateExpression": text, "ExpressionAttributeValues": {":v": value}}
        return answer(lambda: client.update_item(TableName="both", Key=key, **given))

    assert refused("SET g = :v", {"N": "1"}) == invalid(
        "One or more parameter values were invalid: "
        "Type mismatch for Index Key g Expected: S Actual: N IndexName: whole"
    )
    assert refused("SET g.x = :v", {"N": "1"}) == invalid(
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: IndexKey: g"
    )
    assert answer(lambda: client.get_item(TableName="both", Key=key)) == {}


POSITIONS = st.integers(0, 9)


@given(
    st.integers(0, 6),
    st.dictionaries(POSITIONS, st.sampled_from(["SET", "REMOVE", "ADD"]), min_size=1, max_size=6),
    st.randoms(use_true_random=False),
)
def test_changes_of_a_list_are_as_in_a_slow_model(size: int, actions: dict[int, str], chance: Any) -> None:
    """The model changes positions in a dictionary, where none moves, and closes the gaps at the end."""
    by_position: dict[int, dict[str, str]] = {position: {"N": str(position)} for position in range(size)}
    for position, action in actions.items():
        if action == "SET":
            by_position[position] = {"S": f"set {position}"}
        elif action == "ADD":
            by_position[position] = {"N": str(position + 100 if position < size else 100)}
        elif position < size:
            del by_position[position]
    shuffled = list(actions.items())
    chance.shuffle(shuffled)
    parts = {
        kind: ", ".join(form.format(position) for position, action in shuffled if action == kind)
        for kind, form in (("SET", "l[{0}] = :s{0}"), ("REMOVE", "l[{0}]"), ("ADD", "l[{0}] :hundred"))
    }
    text = " ".join(f"{kind} {part}" for kind, part in parts.items() if part)
    values = {f":s{position}": {"S": f"set {position}"} for position, action in actions.items() if action == "SET"}
    if parts["ADD"]:
        values[":hundred"] = {"N": "100"}
    update = read_update(text, Placeholders(None, values or None))
    found = updated(update, {"l": numbers(*range(size))})
    assert found == {"l": {"L": [by_position[position] for position in sorted(by_position)]}}
