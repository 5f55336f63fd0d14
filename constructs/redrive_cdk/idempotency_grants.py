"""Leave to use a table for idempotency: exactly the calls that are made on it, and those on its key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.grants import allow_on_table, attach_policy

#: What leave the calls of the helper's `DynamoDBStore` take, and no more: `PutItem`, `BatchGetItem`, and
#: `BatchExecuteStatement`, which has no action of its own, but takes for each statement that of its kind.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
HELPER_CALLS = (
    "dynamodb:BatchGetItem",
    "dynamodb:PartiQLDelete",
    "dynamodb:PartiQLInsert",
    "dynamodb:PartiQLUpdate",
    "dynamodb:PutItem",
)
#: What Powertools' DynamoDB layer asks for.
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
    """Allow calls on a table and, if it has a key of its own, those that DynamoDB makes on that.

    In the policy that the function's role has anyway: the function waits for it, and so does all that invokes it.

    Args:
        scope: The construct that has the table, and warns where the function's role is not known.
        id: The id of a policy that says in that warning what is to be allowed.
        function: The function, version or alias.
        table: The table.
        calls: The actions.
        conditions: Under which conditions. Default: none.
    """
    if function.role is not None:
        allow_on_table(function, table, *calls, conditions=conditions)
        return
    policy = iam.Policy(scope, id)
    allow_on_table(cast("iam.IGrantable", policy), table, *calls, conditions=conditions)
    attach_policy(scope, policy, function)
