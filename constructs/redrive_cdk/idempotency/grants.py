"""Grants access to an idempotency table: the necessary calls on it and on its KMS key, nothing broader."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.core.grants import allow_on_table, attach_policy

#: The actions that the helper's `DynamoDBStore` needs for `BatchGetItem` and `BatchExecuteStatement`. The last
#: one has no action of its own: each statement needs the PartiQL action of its kind.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
HELPER_CALLS = (
    "dynamodb:BatchGetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
)
#: The actions that Powertools' DynamoDB layer needs.
#: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
POWERTOOLS_CALLS = ("dynamodb:DeleteItem", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem")


def grant_calls(
    scope: Construct,
    id: str,
    function: lambda_.IFunction,
    table: dynamodb.ITable,
    calls: tuple[str, ...],
    conditions: Mapping[str, Any] | None = None,
) -> None:
    """Allow calls on a table, and DynamoDB's calls on the table's KMS key if it has one.

    Args:
        scope: The construct that owns the table. It shows a warning if the function's role is not known.
        id: The id of a policy that exists only for the statements in that warning.
        function: The function, version or alias.
        table: The table.
        calls: The IAM actions.
        conditions: The IAM conditions of the calls on the table. Default: none.
    """
    # The role's default policy: the function depends on it, and so does everything that invokes the function.
    if function.role is not None:
        allow_on_table(function, table, *calls, conditions=conditions)
        return
    policy = iam.Policy(scope, id)
    allow_on_table(cast("iam.IGrantable", policy), table, *calls, conditions=conditions)
    attach_policy(scope, policy, function)
