"""Grants access to one circuit's item in a table, and to no other item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from aws_cdk import Aws
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.core.grants import allow_on_table, literal, only_keys
from redrive_cdk.core.other_side import write_there
from redrive_cdk.core.tree import place_of_stack, stack_of
from redrive_cdk.idempotency.grants import grant_calls

#: The calls of the helper's `DynamoDBCircuits`.
HELPER_CALLS = ("dynamodb:GetItem", "dynamodb:PutItem")


def grant_using(scope: Construct, id: str, function: lambda_.IFunction, table: dynamodb.ITable, circuit: str) -> None:
    """Allow a function to use a circuit.

    Args:
        scope: The construct that owns the table. It shows a warning if the function's role is not known.
        id: The id of a policy that exists only for the statements in that warning.
        function: The function, version or alias.
        table: The table.
        circuit: The circuit's name.
    """
    grant_calls(scope, id, function, table, HELPER_CALLS, on_item_of(circuit))


def grant_reading_state(grantee: iam.IGrantable, table: dynamodb.ITable, circuit: str) -> None:
    """Allow a grantee to read the state of a circuit."""
    allow_on_table(grantee, table, "dynamodb:GetItem", conditions=on_item_of(circuit))


def allow_logs(scope: Construct, key: kms.IKey) -> None:
    """Let CloudWatch Logs encrypt log groups of the scope's account and Region with a key.

    The condition names no log group, which needs the key first.
    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html
    """
    account, region = place_of_stack(stack_of(scope))
    statement = iam.PolicyStatement(
        principals=[cast("iam.IPrincipal", iam.ServicePrincipal(f"logs.{region}.amazonaws.com"))],
        actions=["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
        resources=["*"],
        conditions={
            "ArnLike": {"kms:EncryptionContext:aws:logs:arn": f"arn:{Aws.PARTITION}:logs:{region}:{account}:*"}
        },
    )
    write_there(scope, key, statement, why="CloudWatch Logs encrypts a log group with the key")


def on_item_of(circuit: str) -> Mapping[str, Any]:
    """Return an IAM condition that allows only the circuit's partition key, which both calls name."""
    return only_keys(f"circuit#{literal(circuit)}")
