"""The stand-in for DynamoDB refuses the conditions and filters that DynamoDB refuses.

Sources, all run at AWS: https://github.com/mhart/dynalite/blob/main/test/putItem.js (D), test_condition_expression.py
and test_limits.py of https://github.com/scylladb/scylladb/tree/master/test/alternator (S), and
https://github.com/paritysuite/dynamodb-conformance/tree/main/tests/tier3 (P).
"""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.tables import STACK, answer, invalid, shared_client, used

VALUES: dict[str, dict[str, Any]] = {
    ":n": {"N": "1"},
    ":m": {"N": "2"},
    ":s": {"S": "a"},
    ":t": {"BOOL": True},
    ":l": {"L": [{"N": "1"}]},
    ":z": {"NULL": True},
    ":type": {"S": "SS"},
    ":dog": {"S": "DOG"},
    ":set": {"SS": ["a", "b"]},
}
OPERAND = "Incorrect operand type for operator or function; operator or function: "
NUMBER_OF = "Incorrect number of operands for operator or function; operator or function: "
USED_SO = "The function is not allowed to be used this way in an expression; function: "
LONG = " OR ".join(["a = :n"] * 200)
REFUSED: list[tuple[str, str, str]] = [
    ("D: empty", "", "The expression can not be empty;"),
    ("S: long", "x" * 4097, "Expression size has exceeded the maximum allowed size; expression size: 4097"),
    ("S: operators", LONG, "The expression contains too many operators; operator count: 301"),
    ("S: negations", "NOT " * 400 + "a = :n", "The expression contains too many operators; operator count: 301"),
    ("D: end", "a =", 'Syntax error; token: "<EOF>", near: "="'),
    ("P: token", "INVALID SYNTAX HERE", 'Syntax error; token: "SYNTAX", near: "INVALID SYNTAX HERE"'),
    ("S: sign", "a ! :n", 'Syntax error; token: "!", near: "a ! :n"'),
    ("S: underscore", "_a = :n", 'Syntax error; token: "_", near: "_a"'),
    ("S: digit", "1a = :n", 'Syntax error; token: "1", near: "1a"'),
    ("S: no name", "# = :n", 'Syntax error; token: "#", near: "# ="'),
    ("S: no value", "a = :", 'Syntax error; token: ":", near: "= :"'),
    ("S: only a path", "a", 'Syntax error; token: "<EOF>", near: "a"'),
    ("S: only a value", ":n", 'Syntax error; token: "<EOF>", near: ":n"'),
    ("S: IN of nothing", "a IN ()", 'Syntax error; token: ")", near: "()"'),
    ("S: position of a value", "a[:n] = :n", 'Syntax error; token: ":n", near: "[:n]"'),
    ("other digits", "a[²] = :n", 'Syntax error; token: "²", near: "[²]"'),
    ("S: position", "a[99999999999999] = :n", "List index is not within the allowable range; index: [99999999999999]"),
    ("keyword as a name", "or = :n", 'Syntax error; token: "or", near: "or ="'),
    ("two conditions", "a = :n b = :n", 'Syntax error; token: "b", near: ":n b ="'),
    ("open", "(a = :n", 'Syntax error; token: "<EOF>", near: ":n"'),
    ("S: many parentheses", "(" * 4096, 'Syntax error; token: "<EOF>", near: "("'),
    ("S: redundant", "((a <> :n))", "The expression has redundant parentheses;"),
    ("S: redundant within", "((a = :n) AND ((b = :n)))", "The expression has redundant parentheses;"),
    ("redundant around an operand", "((a)) = :n", "The expression has redundant parentheses;"),
    ("D: reserved", "name = :n", "Attribute name is a reserved keyword; reserved keyword: name"),
    ("D: reserved within", "a.Abort = :n", "Attribute name is a reserved keyword; reserved keyword: Abort"),
    ("S: function", "dog(a)", "Invalid function name; function: dog"),
    ("S: function in capitals", "SIZE(a) = :n", "Invalid function name; function: SIZE"),
    ("S: function of updates", "if_not_exists(a, :n) = :n", "Invalid function name; function: if_not_exists"),
    ("S: only size", "size(a)", f"{USED_SO}size"),
    ("S: size in a list of conditions", "a = :n AND size(a)", f"{USED_SO}size"),
    ("S: test compared", "attribute_exists(a) < :n", f"{USED_SO}attribute_exists"),
    ("D: test within a test", "contains(a, attribute_exists(b))", f"{USED_SO}attribute_exists"),
    ("D: operands", "attribute_exists(a, b)", f"{NUMBER_OF}attribute_exists, number of operands: 2"),
    ("S: operands of size", "size(a, b) = :n", f"{NUMBER_OF}size, number of operands: 2"),
    ("D: operands of contains", "contains(a)", f"{NUMBER_OF}contains, number of operands: 1"),
    (
        "S: existence of a value",
        "attribute_exists(:n)",
        "Operator or function requires a document path; operator or function: attribute_exists",
    ),
    ("S: begins_with a number", "begins_with(a, :n)", f"{OPERAND}begins_with, operand type: N"),
    ("D: begins_with a size", "begins_with(size(a), :s)", f"{OPERAND}begins_with, operand type: N"),
    ("S: size of a number", "size(:n) = :n", f"{OPERAND}size, operand type: N"),
    ("D: size of a BOOL", "size(:t) = :n", f"{OPERAND}size, operand type: BOOL"),
    ("D: size of NULL", "size(:z) = :n", f"{OPERAND}size, operand type: NULL"),
    ("S: size of a size", "size(size(a)) = :n", f"{OPERAND}size, operand type: N"),
    ("S: list in order", "a < :l", f"{OPERAND}<, operand type: L"),
    ("S: list in order, first", ":l >= a", f"{OPERAND}>=, operand type: L"),
    ("P: BOOL in order", "a > :t", f"{OPERAND}>, operand type: BOOL"),
    ("S: between lists", "a BETWEEN :l AND :l", f"{OPERAND}BETWEEN, operand type: L"),
    (
        "S: bounds reversed",
        "a BETWEEN :m AND :n",
        (
            "The BETWEEN operator requires upper bound to be greater than or equal to lower bound; "
            "lower bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: {N:1}"
        ),
    ),
    (
        "S: bounds of two types",
        "a BETWEEN :n AND :s",
        (
            "The BETWEEN operator requires same data type for lower and upper bounds; "
            "lower bound operand: AttributeValue: {N:1}, upper bound operand: AttributeValue: {S:a}"
        ),
    ),
    (
        "S: type by a path",
        "attribute_type(a, b)",
        f"{OPERAND}attribute_type, operand type: {{NS,SS,L,BS,N,M,B,BOOL,NULL,S}}",
    ),
    ("D: type by a number", "attribute_type(a, :n)", f"{OPERAND}attribute_type, operand type: N"),
    (
        "S: unknown type",
        "attribute_type(a, :dog)",
        "Invalid attribute type name found; type: DOG, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
    ),
    (
        "P: same operands",
        "contains(a, a)",
        (
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: contains, first operand: [a]"
        ),
    ),
    (
        "D: same operands of a comparison",
        "a.b[1] = a.b[1]",
        (
            "The first operand must be distinct from the remaining operands for this operator or function; "
            "operator: =, first operand: [a, b, [1]]"
        ),
    ),
    (
        "S: many operands of IN",
        f"a IN ({', '.join([':n'] * 100)})",
        "The IN operator is provided with too many operands; number of operands: 101",
    ),
    (
        "D: undefined name",
        "#x = :n",
        "An expression attribute name used in the document path is not defined; attribute name: #x",
    ),
    (
        "D: undefined value",
        "a = :x",
        "An expression attribute value used in expression is not defined; attribute value: :x",
    ),
    ("P: first of two faults", "begins_with(a, :n) AND a = :x", f"{OPERAND}begins_with, operand type: N"),
]


@pytest.mark.parametrize(("text", "message"), [pytest.param(*each, id=id) for id, *each in REFUSED])
@pytest.mark.parametrize("kind", ["ConditionExpression", "FilterExpression"])
def test_a_condition_is_refused_before_anything_is_read(kind: str, text: str, message: str) -> None:
    """The table does not exist, and the condition on it is not evaluated."""
    client = shared_client()
    given = {"TableName": "missing", kind: text, **used(text, VALUES)}
    call = client.scan if kind == "FilterExpression" else client.delete_item
    more = {} if kind == "FilterExpression" else {"Key": {"p": {"S": "a"}}}
    assert answer(lambda: call(**given, **more)) == invalid(f"Invalid {kind}: {message}")


GIVEN: list[tuple[str, dict[str, Any], str]] = [
    ("no names", {"ExpressionAttributeNames": {}}, "ExpressionAttributeNames must not be empty"),
    ("no values", {"ExpressionAttributeValues": {}}, "ExpressionAttributeValues must not be empty"),
    (
        "form of a name",
        {"ExpressionAttributeNames": {"a": "b"}},
        'ExpressionAttributeNames contains invalid key: Syntax error; key: "a"',
    ),
    (
        "form of a value",
        {"ExpressionAttributeValues": {":a-b": {"S": "a"}}},
        'ExpressionAttributeValues contains invalid key: Syntax error; key: ":a-b"',
    ),
    (
        "unused name",
        {"ExpressionAttributeNames": {"#a": "a", "#b": "b"}},
        "Value provided in ExpressionAttributeNames unused in expressions: keys: {#a, #b}",
    ),
    (
        "unused value",
        {"ExpressionAttributeValues": {":a": {"S": "a"}}},
        "Value provided in ExpressionAttributeValues unused in expressions: keys: {:a}",
    ),
    (
        "empty name",
        {"ExpressionAttributeNames": {"#a": ""}},
        "One or more parameter values were invalid: Empty attribute name",
    ),
]


@pytest.mark.parametrize(("given", "message"), [pytest.param(*each, id=id) for id, *each in GIVEN])
def test_placeholders_are_given_for_what_uses_them(given: dict[str, Any], message: str) -> None:
    client = shared_client()
    condition = {"ConditionExpression": "attribute_exists(p)"}
    refused = answer(lambda: client.delete_item(TableName="hash", Key={"p": {"S": "a"}}, **condition, **given))
    assert refused == invalid(message)


@pytest.mark.parametrize("kind", ["Names", "Values"])
def test_placeholders_need_an_expression(kind: str) -> None:
    given = {"#a": "a"} if kind == "Names" else {":a": {"S": "a"}}
    refused = answer(
        lambda: shared_client().put_item(
            TableName="hash", Item={"p": {"S": "a"}}, **{f"ExpressionAttribute{kind}": given}
        )
    )
    assert refused == invalid(f"ExpressionAttribute{kind} can only be specified when using expressions")


def test_very_deep_parentheses_are_an_error_by_name() -> None:
    simulation = Simulation.from_template(STACK)
    deep = "(" * 101 + "a" + ")" * 101 + " = :n"
    with pytest.raises(NotSimulatedError, match="more than 100 levels of parentheses"):
        simulation.client("dynamodb").scan(
            TableName="hash", FilterExpression=deep, ExpressionAttributeValues={":n": VALUES[":n"]}
        )
    with pytest.raises(NotSimulatedError, match="more than 100 levels of parentheses"):
        simulation.run()
