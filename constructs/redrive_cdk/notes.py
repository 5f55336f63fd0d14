"""What the constructs remember about a construct, kept in its own metadata.

Not in a dictionary by Python object: for a construct that the CDK has made inside another one, jsii makes a new object
each time it is asked for.
"""

from __future__ import annotations

from constructs import IConstruct


def note(construct: IConstruct, kind: str, text: str) -> None:
    """Remember something.

    Args:
        construct: What it is about.
        kind: What kind of thing it is.
        text: The thing.
    """
    construct.node.add_metadata(f"redrive:{kind}", text)


def notes(construct: IConstruct, kind: str) -> list[str]:
    """What was remembered of one kind, in that order."""
    return [str(entry.data) for entry in construct.node.metadata if entry.type == f"redrive:{kind}"]
