"""Leave to make a call, as a statement of a policy, and policies of a construct's own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws_cdk import Annotations, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive_cdk import acknowledgements

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-customer-cmk-policy
# has them, except for what only the making of a table takes.
_TABLE_KEY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def allow(grantee: iam.IGrantable, arn: str, *actions: str, conditions: Mapping[str, Any] | None = None) -> None:
    """Allow calls on one resource, of the grantee's side alone.

    For keys too: `Key.grant` would write the grantee into the policy of a key of another account, and stops where the
    grantee is a policy, which has no ARN. The owner of such a key has to allow it there.

    Args:
        grantee: Who makes the calls.
        arn: What on.
        *actions: The calls.
        conditions: Under which conditions.
    """
    if isinstance(grantee, iam.Policy) and arn.endswith("*"):
        acknowledgements.of_wildcard(grantee, arn)
    iam.Grant.add_to_principal(
        grantee=grantee,
        actions=list(actions),
        resource_arns=[arn],
        conditions=None if conditions is None else dict(conditions),
    )


def allow_on_table(
    grantee: iam.IGrantable, table: Any, *actions: str, conditions: Mapping[str, Any] | None = None
) -> None:
    """Allow calls on a table, and those on its key that DynamoDB makes on behalf of who calls.

    Args:
        grantee: Who makes the calls.
        table: The table.
        *actions: The calls.
        conditions: Under which conditions, for the calls on the table.
    """
    allow(grantee, table.table_arn, *actions, conditions=conditions)
    if table.encryption_key is not None:
        allow(grantee, table.encryption_key.key_arn, *_TABLE_KEY)


def attach_policy(scope: Construct, policy: iam.Policy, function: lambda_.IFunction) -> None:
    """Attach a policy of a construct's own to a function's role, as far as it says anything and the role is known.

    Args:
        scope: The construct.
        policy: The policy, with all its statements.
        function: The function, version or alias.
    """
    if policy.document.is_empty:  # which the CDK takes for an error beside others of a role, and cdk-nag always
        scope.node.try_remove_child(policy.node.id)
        return
    if function.role is not None:
        function.role.attach_inline_policy(policy)
        return
    statements = json.dumps(Stack.of(scope).resolve(policy.document)["Statement"])
    Annotations.of(scope).add_warning_v2(
        "redrive:unknown-role",
        f"the role of {function.node.path} is not known: allow it {statements} by hand, or import the function with "
        "its role",
    )
