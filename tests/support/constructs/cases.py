"""Options that a construct refuses or warns of, beside options that it takes, and ways to acknowledge a warning."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportReturnType=false

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aws_cdk import Acknowledgment, Annotations, Stack, Validations
from aws_cdk import aws_kms as kms
from constructs import IConstruct

from tests.support.constructs.cdk import python_function

#: Makes options in a stack, for they may be resources of it.
Options = Callable[[Stack], dict[str, Any]]


@dataclass(frozen=True)
class Refused:
    """Options that are refused, those beside them that are not, and what the message must name."""

    refused: Options
    allowed: Options
    says: tuple[str, ...]


@dataclass(frozen=True)
class Warned:
    """Options that give the warning with this id, those beside them that give none, and what the warning must name."""

    id: str
    warned: Options
    silent: Options
    says: tuple[str, ...]


def just(**options: Any) -> Options:
    return lambda stack: options


def function(**options: Any) -> Options:
    return lambda stack: {"function": python_function(stack, **options)}


def by_annotations(construct: IConstruct, id: str) -> None:
    Annotations.of(construct).acknowledge_warning(id, "We know.")


def by_validations(construct: IConstruct, id: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=id, reason="We know."))


def by_the_id_that_a_report_prints(construct: IConstruct, id: str) -> None:
    Validations.of(construct).acknowledge(Acknowledgment(id=f"Annotation::{id}", reason="We know."))


ACKNOWLEDGE = [by_annotations, by_validations, by_the_id_that_a_report_prints]


KEYS = ["no key", "own key", "imported key"]
KEY_ARN = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"


def key_of(stack: Stack, which: str) -> kms.IKey | None:
    """One of `KEYS`."""
    match which:
        case "no key":
            return None
        case "own key":
            return kms.Key(stack, "Key")
        case "imported key":
            return kms.Key.from_key_arn(stack, "Key", KEY_ARN)
        case _:
            raise AssertionError(which)
