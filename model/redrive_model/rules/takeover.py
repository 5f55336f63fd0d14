"""Rules for a resource that keeps the logical id of a deployed one, so that CloudFormation updates it in place.

Lambda refuses a second mapping of the same source and function, and CloudFormation creates before it deletes: a mapping
whose logical id changes, or that must be replaced, cannot be deployed.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/using-cfn-updating-stacks-update-behaviors.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from redrive_model.rules.rule import Rules

_LOGICAL_ID = re.compile(r"[A-Za-z][A-Za-z0-9]{0,254}")


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOverFacts:
    """Facts about a resource that takes over a deployed one.

    Attributes:
        what: What is taken over: `mapping`, or `configuration` of asynchronous invocation.
        logical_id: The logical id of the deployed resource.
        new: What would be created for the mapping to read, such as `"a queue"`; `None` if it reads what there was.
        taken_by: Path of what else in the stack has the logical id; `None` if nothing is known to have it.
        has_position: Whether the mapping has a starting position that the user gave, or needs none.
    """

    what: Literal["mapping", "configuration"] = "mapping"
    logical_id: str = "Mapping"
    new: str | None = None
    taken_by: str | None = None
    has_position: bool = True


def logical_id_is_valid(facts: TakeOverFacts) -> str | None:
    """Logical ids have letters and digits only.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
    """
    if _LOGICAL_ID.fullmatch(facts.logical_id):
        return None
    return (
        f"takes_over {facts.logical_id!r}: a logical id has letters and digits only, and begins with a letter; give "
        f"that of the deployed {facts.what}, which `aws cloudformation describe-stack-resources --stack-name …` shows"
    )


def logical_id_is_free(facts: TakeOverFacts) -> str | None:
    """A template has each logical id once, so that what is taken over has to leave the app.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
    """
    if facts.taken_by is None:
        return None
    return (
        f"takes_over {facts.logical_id!r}: {facts.taken_by} has this logical id, and a template has each id once; "
        f"remove from the app what made the {facts.what} until now, or give another id"
    )


def source_stays(facts: TakeOverFacts) -> str | None:
    """A change of `EventSourceArn` replaces a mapping.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
    """
    if facts.new is None:
        return None
    return (
        f"takes_over {facts.logical_id!r}: the mapping would read {facts.new} that is yet to be created, and no "
        "deployed mapping reads it: CloudFormation would replace the mapping; pass what the deployed mapping reads, or "
        "leave takes_over unset"
    )


def position_stays(facts: TakeOverFacts) -> str | None:
    """A change of `StartingPosition` or `StartingPositionTimestamp` replaces a mapping.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-lambda-eventsourcemapping.html
    """
    if facts.has_position:
        return None
    return (
        f"takes_over {facts.logical_id!r} without a starting_position: CloudFormation replaces a mapping whose "
        "position changes, and Lambda refuses a second mapping of the same source and function meanwhile; give the "
        "starting_position that the deployed mapping has, with its timestamp if it has one"
    )


TAKE_OVER_RULES: Rules[TakeOverFacts] = Rules(
    "takeover", undeployable=(logical_id_is_valid, logical_id_is_free, source_stays, position_stays)
)
