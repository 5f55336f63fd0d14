"""Grants access to one circuit's item in a table, and to no other item."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk.core import known
from redrive_cdk.core.grants import allow_on_table
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
    grant_calls(scope, id, function, table, HELPER_CALLS, _on_item_of(circuit))


def grant_reading_state(grantee: iam.IGrantable, table: dynamodb.ITable, circuit: str) -> None:
    """Allow a grantee to read the state of a circuit."""
    allow_on_table(grantee, table, "dynamodb:GetItem", conditions=_on_item_of(circuit))


def _on_item_of(circuit: str) -> Mapping[str, Any]:
    """Return an IAM condition that allows only the circuit's partition key, which both calls name.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    name = known.text(circuit)
    # An unescaped dollar sign starts a variable: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html
    key = f"circuit#{circuit}" if name is None else f"circuit#{name.replace('$', '${$}')}"
    return {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [key]}}
