"""Checks the structure of a template, as CloudFormation does before it makes anything.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, cast

from redrive_model.limits import MOST_RESOURCES
from redrive_model.template.errors import TemplateError
from redrive_model.template.expressions import Expressions, included, substituted_names, transforms_of
from redrive_model.template.sam import SAM

_VERSION = "2010-09-09"
_SECTIONS = frozenset(
    {
        *("AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs"),
        *("Parameters", "Resources", "Rules", "Transform"),
        "Globals",  # of SAM
    }
)
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html; `Version`
# for custom resources; and `Description`, as in templates of https://github.com/aws-samples/serverless-patterns.
_ATTRIBUTES = frozenset(
    {
        *("Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Description", "Metadata", "Properties"),
        *("Type", "UpdatePolicy", "UpdateReplacePolicy", "Version"),
        *("Connectors", "IgnoreGlobals"),  # of SAM
    }
)
_OF_SAM = "AWS::Serverless::"
_DELETIONS = ("Delete", "Retain", "RetainExceptOnCreate", "Snapshot")
_TRANSFORM = "Fn::Transform"
_LOGICAL_ID = re.compile(r"[A-Za-z0-9]{1,255}")


def check_shape(template: Mapping[str, Any]) -> None:
    """Check the sections of a template, and the parts of its resources.

    Raises:
        TemplateError: CloudFormation would refuse one.
    """
    unknown = sorted(set(template) - _SECTIONS)
    if unknown:
        raise TemplateError(
            f"the template has the section {unknown[0]!r}, which CloudFormation does not know: correct its name, or "
            "remove it"
        )
    version = template.get("AWSTemplateFormatVersion", _VERSION)
    if str(version) != _VERSION:
        raise TemplateError(f"AWSTemplateFormatVersion is {version!r}: there is only {_VERSION!r}; give that or none")
    resources: Mapping[str, Any] = template.get("Resources") or {}
    is_of_sam = SAM in transforms_of(template)
    for logical_id, resource in resources.items():
        _check_resource(logical_id, resource)
        if not is_of_sam and str(resource["Type"]).startswith(_OF_SAM):
            raise TemplateError(f"{logical_id} is of the type {resource['Type']}: add {SAM} to Transform")


def _check_resource(logical_id: str, resource: Any) -> None:
    if logical_id == _TRANSFORM:
        raise TemplateError(included(resource))
    if not isinstance(resource, Mapping) or "Type" not in resource:
        raise TemplateError(f"{logical_id} is no resource: give it a Type")
    if not _LOGICAL_ID.fullmatch(logical_id):
        raise TemplateError(
            f"{logical_id}: logical ids have letters and digits alone, 255 at most; rename the resource"
        )
    attributes = cast("Mapping[str, Any]", resource)
    unknown = sorted(set(attributes) - _ATTRIBUTES)
    if unknown and not str(attributes["Type"]).startswith(_OF_SAM):  # SAM leaves out what it does not know
        raise TemplateError(f"{logical_id} has {unknown[0]!r}, which no resource has: correct its name or remove it")
    properties: Any = attributes.get("Properties") or {}
    if not isinstance(properties, Mapping):
        raise TemplateError(f"{logical_id}: Properties are {properties!r:.80}: give an object of properties by name")
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = attributes.get(name)
        if isinstance(policy, str) and policy not in _DELETIONS:
            raise TemplateError(f"{logical_id}: {name} is {policy!r}; give one of {', '.join(_DELETIONS)}")


def _depends_on(resource: Mapping[str, Any]) -> list[str]:
    given: str | list[str] = resource.get("DependsOn") or []
    return [given] if isinstance(given, str) else given


def check_references(template: Mapping[str, Any], present: Mapping[str, Any], expressions: Expressions) -> None:
    """Check that resources and outputs refer to what is made, and that resources do not need each other.

    Args:
        template: The template.
        present: Its resources, without those whose condition is false.
        expressions: Its expressions.

    Raises:
        TemplateError: CloudFormation would refuse a reference.
    """
    needed: dict[str, set[str]] = {}
    resources: Mapping[str, Any] = template.get("Resources") or {}
    if len(present) > MOST_RESOURCES:
        raise TemplateError(
            f"the template has {len(present)} resources: CloudFormation takes {MOST_RESOURCES}; split it into stacks"
        )
    for logical_id, resource in present.items():
        found = set(_references(resource.get("Properties") or {}, expressions))
        _check_names(logical_id, found, template, present)
        before = _depends_on(resource)
        missing = [each for each in before if each not in resources]
        if missing:
            raise TemplateError(
                f"{logical_id} depends on {missing[0]!r}, which is no resource of the template: correct or remove "
                "DependsOn"
            )
        needed[logical_id] = {*found, *before} & set(present)
    outputs: Mapping[str, Any] = template.get("Outputs") or {}
    for name, output in outputs.items():
        # As the value of an `Fn::If`, so that an output whose condition is not known is not checked.
        made = {"Fn::If": [output["Condition"], output, ""]} if "Condition" in output else output
        _check_names(f"the output {name}", set(_references(made, expressions)), template, present)
    try:
        TopologicalSorter(needed).prepare()
    except CycleError as error:
        around = " → ".join(reversed(error.args[1]))
        raise TemplateError(
            f"the resources need each other, so that none can be made first: {around}; CloudFormation refuses a "
            "circular dependency; give one of them a fixed name, or connect them by a resource of its own"
        ) from None


def _check_names(what: str, names: set[str], template: Mapping[str, Any], present: Mapping[str, Any]) -> None:
    resources: Mapping[str, Any] = template.get("Resources") or {}
    known = set(template.get("Parameters") or {}) | set(present)
    for name in sorted(names - known):
        if name not in resources:
            raise TemplateError(f"the template refers to {name!r}, which is neither a resource nor a parameter of it")
        raise TemplateError(
            f"{what} refers to {name}, which is not made, as its condition {resources[name]['Condition']} is false: "
            "refer to it only where that holds (Fn::If)"
        )


def _references(value: Any, expressions: Expressions) -> Iterator[str]:
    """Yield the names of resources and parameters that a value refers to."""
    if isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _references(each, expressions)
    if not isinstance(value, Mapping):
        return
    fields = cast("Mapping[str, Any]", value)
    found = _IN_FUNCTION.get(next(iter(fields))) if len(fields) == 1 else None
    argument = next(iter(fields.values()), None)
    if found is not None:
        yield from found(argument, expressions)
    else:
        for each in fields.values():
            yield from _references(each, expressions)


def _in_ref(argument: Any, expressions: Expressions) -> Iterator[str]:
    if isinstance(argument, str) and not argument.startswith("AWS::"):
        yield argument


def _in_get_att(argument: Any, expressions: Expressions) -> Iterator[str]:
    match argument:
        case str():
            yield argument.partition(".")[0]
        case [str() as name, attribute]:
            yield name
            yield from _references(attribute, expressions)
        case _:
            return


def _in_sub(argument: Any, expressions: Expressions) -> Iterator[str]:
    match argument:
        case str() as text:
            values: Mapping[str, Any] = {}
        case [str() as text, {**values}]:
            yield from _references(dict(values), expressions)
        case _:
            return
    for name in substituted_names(text):
        if name not in values and not name.startswith("AWS::"):
            yield name.partition(".")[0]


def _in_if(argument: Any, expressions: Expressions) -> Iterator[str]:
    match argument:
        case [str() as condition, yes, no]:
            try:
                holds = expressions.holds(condition)
            except TemplateError:  # depends on a parameter without a value, which is an error where it matters
                return
            yield from _references(yes if holds else no, expressions)
        case _:
            return


_IN_FUNCTION: Mapping[str, Callable[[Any, Expressions], Iterator[str]]] = {
    "Ref": _in_ref,
    "Fn::GetAtt": _in_get_att,
    "Fn::Sub": _in_sub,
    "Fn::If": _in_if,
}
