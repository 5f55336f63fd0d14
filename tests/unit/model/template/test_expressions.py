"""Expressions of a template have values, or an error says why not."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_model.template.errors import TemplateError
from redrive_model.template.expressions import Expressions


def expressions(**more: Any) -> Expressions:
    pseudo = {"AWS::Region": "eu-west-1", "AWS::AccountId": "111111111111"}
    sections = {"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}, **more}
    return Expressions(sections, pseudo, {"Given": "yes"}, lambda id: f"ref:{id}", lambda id, name: f"{id}:{name}")


EXPRESSIONS: list[tuple[Any, Any]] = [
    ({"Ref": "Queue"}, "ref:Queue"),
    ({"Ref": "AWS::Region"}, "eu-west-1"),
    ({"Fn::GetAtt": ["Queue", "Arn"]}, "Queue:Arn"),
    ({"Fn::GetAtt": "Queue.Arn"}, "Queue:Arn"),
    ({"Fn::Join": ["-", ["a", {"Ref": "Queue"}, 7]]}, "a-ref:Queue-7"),
    ({"Fn::Sub": "${AWS::Region}/${Queue}/${Queue.Arn}/${!Literal}"}, "eu-west-1/ref:Queue/Queue:Arn/${Literal}"),
    ({"Fn::Sub": ["${Own}", {"Own": {"Ref": "Queue"}}]}, "ref:Queue"),
    ({"Fn::Select": [1, ["a", "b"]]}, "b"),
    ({"Fn::Select": ["1", {"Fn::Split": [":", "a:b:c"]}]}, "b"),
    ({"Fn::If": ["Yes", "then", "else"]}, "then"),
    ({"Fn::If": ["No", "then", {"Ref": "AWS::NoValue"}]}, None),
    ({"Fn::FindInMap": ["Map", {"Ref": "AWS::Region"}, "key"]}, "mapped"),
    ({"Ref": "WithDefault"}, 5),
    ({"Ref": "Given"}, "yes"),
    ({"Ref": "List"}, ["a", "b"]),
    ({"Fn::ImportValue": "Other"}, "imported:Other"),
    ({"kept": {"Ref": "Queue"}, "gone": {"Ref": "AWS::NoValue"}}, {"kept": "ref:Queue"}),
    ([{"Ref": "AWS::NoValue"}, "x"], ["x"]),
]


@pytest.mark.parametrize(("expression", "value"), EXPRESSIONS, ids=[json.dumps(each[0])[:60] for each in EXPRESSIONS])
def test_expressions_have_values(expression: Any, value: Any) -> None:
    found = expressions(
        Parameters={
            "WithDefault": {"Type": "Number", "Default": 5},
            "Given": {"Type": "String"},
            "List": {"Type": "CommaDelimitedList", "Default": "a,b"},
        },
        Conditions={
            "Yes": {"Fn::Equals": [{"Ref": "Given"}, "yes"]},
            "No": {"Fn::And": [{"Condition": "Yes"}, {"Fn::Not": [{"Condition": "Yes"}]}]},
        },
        Mappings={"Map": {"eu-west-1": {"key": "mapped"}}},
    ).value({"x": expression})
    assert found.get("x") == value


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ({"Ref": "Nothing"}, "neither a resource nor a parameter"),
        ({"Ref": "Needed"}, r"has no default: give it a value, template_parameters=\{'Needed'"),
        ({"Fn::Contains": [["a"], "a"]}, "Fn::Contains"),
        ({"Fn::If": ["Nothing", 1, 2]}, "no condition 'Nothing'"),
        ({"Fn::Select": [5, ["a"]]}, "there is none"),
    ],
)
def test_an_expression_without_a_value_is_an_error_that_says_so(expression: Any, complaint: str) -> None:
    with pytest.raises(TemplateError, match=complaint):
        expressions(Parameters={"Needed": {"Type": "String"}}).value(expression)
