"""Writes a resource's own policy, which some calls need besides that of the caller; or says what must be in it."""

from __future__ import annotations

import json
from typing import Any

from aws_cdk import Annotations
from aws_cdk import aws_iam as iam
from constructs import Construct, IConstruct

from redrive_cdk.core.tree import path_of, resource_of, stack_of


def write_there(scope: Construct, resource: IConstruct, statement: iam.PolicyStatement, *, why: str) -> None:
    """Add a statement to a resource's own policy if this app creates the resource; warn on the scope otherwise."""
    policed: Any = resource
    if resource_of(resource) is not None and hasattr(policed, "add_to_resource_policy"):
        policed.add_to_resource_policy(statement)
        return
    Annotations.of(scope).add_warning_v2(
        "redrive:resource-policy",
        f"{why}, and the policy of {path_of(resource)} cannot be changed here: add this statement to it, where it is "
        f"created: {json.dumps(stack_of(scope).resolve(statement.to_statement_json()))}",
    )
