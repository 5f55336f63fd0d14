"""Leave to make a call, as a statement of a policy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_iam as iam

from redrive_cdk import acknowledgements


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
