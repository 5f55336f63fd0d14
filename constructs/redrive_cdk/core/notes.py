"""Records values about a construct, for constructs that are created later.

A dictionary by Python object would not work: jsii creates a new object at each access to a construct that the CDK
created inside another one. So a value is recorded by the construct's path in its tree.
"""

from __future__ import annotations

from collections import defaultdict

from constructs import IConstruct

from redrive_cdk.core.tree import once, path_of, root_of, stack_of


def remember(construct: IConstruct, kind: str, text: str) -> None:
    """Record a text of one kind about a construct."""
    _notes_in(root_of(stack_of(construct)))[path_of(construct), kind].append(text)


def remembered(construct: IConstruct, kind: str) -> list[str]:
    """Return the recorded texts of one kind, oldest first."""
    return list(_notes_in(root_of(stack_of(construct)))[path_of(construct), kind])


@once
def _notes_in(root: IConstruct) -> defaultdict[tuple[str, str], list[str]]:  # one for each root
    return defaultdict(list)
