"""Writes a resource's own policy, which some calls need besides that of the caller; or says what must be in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple, cast

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from redrive_cdk.core import known
from redrive_cdk.core.tree import node_of, path_of, place_of, resource_of, stack_of


class Call(NamedTuple):
    """Calls on a resource that a caller is allowed.

    Attributes:
        resource: The resource.
        arn: The ARN in the statement.
        actions: The IAM actions.
    """

    resource: IConstruct
    arn: str
    actions: tuple[str, ...]


def allow_on_other_side(
    scope: Construct, account: str | None, role_of: Callable[[], object | None], call: Call
) -> None:
    """Allow calls in the policy of their resource if that is known to be in another account than the caller.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic-cross-account.html

    Args:
        scope: The construct that grants the calls.
        account: The caller's account, if it is known.
        role_of: Returns the caller's role. It is named if its ARN is known now, as that of an imported role.
        call: The calls.
    """
    there = None if account is None else account_of(call.resource, call.arn)
    if account is None or there is None or account == there:
        return
    role = known.text(getattr(role_of(), "role_arn", None))
    principal = iam.AccountPrincipal(account) if role is None else iam.ArnPrincipal(role)
    target: Any = call.resource
    if hasattr(target, "function_arn") and resource_of(call.resource) is not None:
        target.add_permission(f"CalledFrom{node_of(scope).addr[-8:]}", principal=principal)
        return
    statement = iam.PolicyStatement(
        # An event bus wants an id.
        sid=f"Redrive{node_of(scope).addr[-8:]}" if hasattr(target, "event_bus_arn") else None,
        principals=[cast("iam.IPrincipal", principal)],
        actions=list(call.actions),
        resources=["*" if hasattr(target, "key_arn") else call.arn],
    )
    write_there(scope, call.resource, statement, why=f"calls from account {account} need both sides")


def account_of(resource: IConstruct, arn: str) -> str | None:
    """Return the account of a resource, if it is known."""
    # Read the ARN first: the CDK assumes that some imported resources are where they were imported.
    text = known.text(arn)
    account = "" if text is None else text.split(":")[4]  # arn:partition:service:region:account:…
    return account or known.text(place_of(resource).account)


def write_there(scope: Construct, resource: IConstruct, statement: iam.PolicyStatement, *, why: str) -> None:
    """Add a statement to a resource's own policy if this app creates the resource; warn on the scope otherwise."""
    policed: Any = resource
    # The policy of a table is not that of its stream, which is all that is read of a table of another account.
    is_ours = resource_of(resource) is not None and not hasattr(resource, "table_arn")
    if is_ours and hasattr(policed, "add_to_resource_policy"):
        policed.add_to_resource_policy(statement)
        return
    Annotations.of(scope).add_warning_v2(
        "redrive:resource-policy",
        f"{why}, and the policy of {path_of(resource)} cannot be changed here: add this statement to it, where it is "
        f"created: {json.dumps(stack_of(scope).resolve(statement.to_statement_json()))}",
    )
