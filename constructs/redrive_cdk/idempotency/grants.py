"""Grants access to an idempotency table: the necessary calls on it and on its KMS key, nothing broader."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, cast

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings.idempotency import OWNER_KEYS
from redrive_cdk.core import known
from redrive_cdk.core.grants import allow_on_table, attach_policy, literal, make_policy, only_keys
from redrive_cdk.core.qualifiers import qualified
from redrive_cdk.core.tree import node_of, resource_of

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


class Granted(NamedTuple):
    """A function that may use a table.

    Attributes:
        function: The function, version or alias.
        key_prefixes: The beginnings of keys that it may use beside its own.
        policy: The policy that allows it, if it is one of its own.
    """

    function: lambda_.IFunction
    key_prefixes: tuple[str, ...]
    policy: iam.Policy | None


def grant_keys(
    scope: Construct,
    id: str,
    function: lambda_.IFunction,
    table: dynamodb.ITable,
    calls: tuple[str, ...],
    prefixes: Sequence[str],
) -> iam.Policy | None:
    """Allow calls on the items of a table whose keys begin with the function's name or one of the prefixes.

    Args:
        scope: The construct that owns the table. It shows a warning if the function's role is not known.
        id: The id of a policy that exists only for the statements in that warning.
        function: The function, version or alias.
        table: The table.
        calls: The IAM actions.
        prefixes: Other texts with which keys may begin.

    Returns:
        The policy, if it is one of its own. Nothing that needs it waits for it by itself.
    """
    made = known.underlying(function)
    name = _name_of(function, made)
    keys = (f"{literal(name)}.*", *(f"{literal(each)}*" for each in (OWNER_KEYS, *prefixes)))
    conditions = only_keys(*keys)
    if made is None or made.role is None or known.text(name) is not None:
        grant_calls(scope, id, function, table, calls, conditions)
        return None
    # A generated name would make the role's default policy depend on the function, which depends on it. In the
    # function's stack, since this one may be another, which the function's stack depends on.
    policy = make_policy(made, f"{id}{node_of(scope).addr[-8:]}")
    allow_on_table(cast("iam.IGrantable", policy), table, *calls, conditions=conditions)
    made.role.attach_inline_policy(policy)
    return policy


def _name_of(function: lambda_.IFunction, made: lambda_.Function | None) -> str:
    resource = None if made is None else resource_of(made)
    given = known.text(resource.function_name) if isinstance(resource, lambda_.CfnFunction) else None
    return given or qualified(function).name


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
