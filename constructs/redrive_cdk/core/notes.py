"""Records values about a construct in the construct's own metadata.

A dictionary by Python object would not work: jsii creates a new object at each access to a construct that the CDK
created inside another one.
"""

from __future__ import annotations

from constructs import IConstruct

from redrive_cdk.core.tree import node_of


def remember(construct: IConstruct, kind: str, text: str) -> None:
    """Record a text of one kind about a construct."""
    node_of(construct).add_metadata(f"redrive:{kind}", text)


def remembered(construct: IConstruct, kind: str) -> list[str]:
    """Return the recorded texts of one kind, oldest first."""
    return [str(entry.data) for entry in node_of(construct).metadata if entry.type == f"redrive:{kind}"]
