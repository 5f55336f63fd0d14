"""Creates IAM grants: statements for calls on resources, and a construct's own policies."""

from __future__ import annotations

import json
from collections.abc import Mapping, MutableMapping, MutableSet, Sequence
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary, WeakSet

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct, IConstruct

from redrive_cdk.core import known, nag
from redrive_cdk.core.creation import create, invoke_static
from redrive_cdk.core.other_side import Call, allow_on_other_side
from redrive_cdk.core.tree import note_place, path_of, place_of, resource_of, stack_of

# https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html#dynamodb-customer-cmk-policy
# lists them; the calls that only the creation of a table needs are left out.
_TABLE_KEY = (
    "kms:Decrypt",
    "kms:DescribeKey",
    "kms:Encrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


class Permission(NamedTuple):
    """Calls on one resource that a policy allows.

    Attributes:
        arn: The ARN in the statement.
        actions: The IAM actions.
        conditions: The IAM conditions; `None` for none.
        resource: The resource, if it may be of another account.
    """

    arn: str
    actions: tuple[str, ...]
    conditions: Mapping[str, Any] | None
    resource: IConstruct | None


class Permissions(list[Permission]):
    """Permissions of a policy that is not made yet: making it with all of them takes fewer messages to Node.js."""


#: Who is allowed something by `allow`.
Grantee = iam.IGrantable | Permissions

#: Policies with statements.
_FILLED: MutableSet[iam.Policy] = WeakSet()
#: ARNs with a wildcard, which are to be acknowledged, by the policy.
_WILDCARDS: MutableMapping[iam.Policy, list[str]] = WeakKeyDictionary()
#: Permissions of grantees on resources that may be of another account.
_CALLS: MutableMapping[iam.IGrantable, list[Call]] = WeakKeyDictionary()


def allow(
    grantee: Grantee,
    arn: str,
    *actions: str,
    conditions: Mapping[str, Any] | None = None,
    resource: IConstruct | None = None,
) -> None:
    """Allow calls on one resource, in the grantee's policy only; `complete_grants` then sees to the resource's own one.

    This also serves KMS keys: `Key.grant` would write the grantee into the policy of another account's key, and fails
    if the grantee is a policy, which has no ARN.
    """
    permission = Permission(arn, actions, conditions, resource)
    if isinstance(grantee, Permissions):
        grantee.append(permission)
        return
    _note(grantee, permission)
    _add_to_principal(grantee, actions, arn, conditions)


def _note(grantee: iam.IGrantable, permission: Permission) -> None:
    if isinstance(grantee, iam.Policy):
        _FILLED.add(grantee)
        if permission.arn.endswith("*"):
            _WILDCARDS.setdefault(grantee, []).append(permission.arn)
    if permission.resource is not None:
        _CALLS.setdefault(grantee, []).append(Call(permission.resource, permission.arn, permission.actions))


def complete_grants(scope: Construct, function: lambda_.IFunction, grantee: iam.IGrantable) -> None:
    """Allow what a function's policy allows in the policies of resources of another account, too, or warn."""
    calls = _CALLS.pop(grantee, ())
    account = known.text(place_of(function).account) if calls else None
    for call in calls:
        allow_on_other_side(scope, account, lambda: function.role, call)


def grant_function(
    scope: Construct,
    function: lambda_.IFunction,
    call: Call,
    key: kms.IKey | None,
    key_actions: Sequence[str],
) -> iam.Grant:
    """Allow a function calls on one resource and on its KMS key, for which the key's own policy may be changed."""
    granted = _to_principal(cast("iam.IGrantable", function), call)
    allow_on_other_side(scope, known.text(place_of(function).account), lambda: function.role, call)
    return granted if key is None else granted.combine(key.grant(function, *key_actions))


def grant(
    scope: Construct, grantee: iam.IGrantable, call: Call, key: kms.IKey | None, key_actions: Sequence[str]
) -> iam.Grant:
    """Allow anyone calls on one resource and on its KMS key, in their own policies where the grantee has none."""
    principal: Any = grantee.grant_principal
    has_policy = resource_of(call.resource) is not None and not _is_unknown(principal)
    if has_policy:
        granted = iam.Grant.add_to_principal_or_resource(
            grantee=grantee,
            actions=list(call.actions),
            resource_arns=[call.arn],
            resource=cast("Any", call.resource),
        )
    else:
        granted = _to_principal(grantee, call)
        account = getattr(principal, "principal_account", None)
        allow_on_other_side(scope, known.text(account), lambda: principal, call)
    return granted if key is None else granted.combine(key.grant(grantee, *key_actions))


def _is_unknown(principal: object) -> bool:
    return isinstance(principal, iam.UnknownPrincipal)


def _to_principal(grantee: iam.IGrantable, call: Call) -> iam.Grant:
    return _add_to_principal(grantee, call.actions, call.arn)


def _add_to_principal(
    grantee: iam.IGrantable, actions: Sequence[str], arn: str, conditions: Mapping[str, Any] | None = None
) -> iam.Grant:
    options = {"grantee": grantee, "actions": list(actions), "resource_arns": [arn], "conditions": conditions}
    return invoke_static(iam.Grant, "addToPrincipal", iam.GrantOnPrincipalOptions, **options)


def allow_on_table(grantee: Grantee, table: Any, *actions: str, conditions: Mapping[str, Any] | None = None) -> None:
    """Allow calls on a table, under the conditions, and the calls on its KMS key that DynamoDB makes for the caller."""
    allow(grantee, table.table_arn, *actions, conditions=conditions)
    key = table.encryption_key
    if key is not None:
        allow(grantee, key.key_arn, *_TABLE_KEY)


def only_keys(*keys: str) -> Mapping[str, Any]:
    """Return an IAM condition that allows only items with one of these partition keys, where `*` may stand for any end.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
    """
    return {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": list(keys)}}


def literal(text: str) -> str:
    """Return a text as a policy must write it, unless only the deployment knows it.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_variables.html#policy-vars-specialchars
    """
    if known.text(text) is None:
        return text
    return "".join(f"${{{each}}}" if each in "*?$" else each for each in text)


def make_policy(scope: Construct, id: str, permissions: Sequence[Permission] = ()) -> iam.Policy:
    """Create a construct's own policy with permissions, empty without any."""
    statements = [_statement(each) for each in permissions]
    document = iam.PolicyDocument.from_json({"Statement": statements}) if statements else None
    policy = create(iam.Policy, iam.PolicyProps, scope, id, document=document)
    note_place(policy, scope, id)
    for each in permissions:
        _note(cast("iam.IGrantable", policy), each)
    return policy


def _statement(permission: Permission) -> Mapping[str, Any]:
    statement = {"Effect": "Allow", "Action": list(permission.actions), "Resource": permission.arn}
    return statement if permission.conditions is None else {**statement, "Condition": permission.conditions}


def has_permissions(policy: iam.Policy) -> bool:
    """Return whether a policy was made with permissions, or `allow` has added some."""
    return policy in _FILLED


def is_empty(policy: iam.Policy) -> bool:
    """Return whether a policy has no statements."""
    return not has_permissions(policy) and policy.document.is_empty


def attach_policy(scope: Construct, policy: iam.Policy, function: lambda_.IFunction) -> None:
    """Attach a construct's own policy to the function's role; remove it if empty, and warn if the role is unknown."""
    if is_empty(policy):  # the CDK can report an empty policy as an error, and cdk-nag always does
        scope.node.try_remove_child(policy.node.id)
        return
    nag.of_wildcards(policy, _WILDCARDS.pop(policy, ()))
    complete_grants(scope, function, cast("iam.IGrantable", policy))
    role = function.role
    if role is not None:
        role.attach_inline_policy(policy)
        return
    statements = json.dumps(stack_of(scope).resolve(policy.document)["Statement"])
    Annotations.of(scope).add_warning_v2(
        "redrive:unknown-role",
        f"the role of {path_of(function)} is not known: allow it {statements} by hand, or import the function with "
        "its role",
    )
