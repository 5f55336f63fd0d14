"""A policy that IAM would refuse for its length is refused, with the way out."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from __future__ import annotations

from typing import Any

import pytest
from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb

from redrive_cdk import FailureOperator, IdempotencyTable
from redrive_cdk.operators.size import size_of
from tests.support.constructs.cdk import Synthesized, new_stack


def tables(stack: Stack, count: int) -> list[IdempotencyTable]:
    """Tables with the longest name."""
    return [
        IdempotencyTable(stack, f"Done{each}", table=dynamodb.Table.from_table_name(stack, f"T{each}", f"{each:0255}"))
        for each in range(count)
    ]


def test_more_constructs_than_a_policy_holds_are_refused() -> None:
    stack = new_stack()
    with pytest.raises(
        ValueError, match=r"Stack/Operator: the policy for 25 constructs has [78],\d+ characters"
    ) as raised:
        FailureOperator(stack, "Operator", watch=tables(stack, 25))
    assert "IAM takes 6,144 in a managed policy; make a FailureOperator for each part of the app" in str(raised.value)


def test_those_that_fit_are_not() -> None:
    stack = new_stack()
    operator = FailureOperator(stack, "Operator", watch=tables(stack, 15))
    assert Synthesized(stack).properties(operator.policy)


ARN = {"Fn::GetAtt": ["Orders", "Arn"]}


@pytest.mark.parametrize(
    ("value", "size"),
    [
        ("Allow", len("'Allow'")),
        ({"Fn::Join": ["", ["a", {"Ref": "AWS::AccountId"}, "b"]]}, len("'a111111111111b'")),
        (ARN, len("'arn:aws:s3:::Shop-Orders-111111111111'")),
        ([ARN, "*"], len("['arn:aws:s3:::Shop-Orders-111111111111','*']")),
        ({"Ref": "O" * 80}, len("''") + 63),
        ({"Sid": "two words"}, len("{'Sid':'twowords'}")),
    ],
)
def test_what_the_deployment_fills_in_counts_with_the_least_that_it_may_have(value: Any, size: int) -> None:
    assert size_of(value, "Shop") == size
