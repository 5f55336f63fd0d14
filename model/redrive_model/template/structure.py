"""Checks the structure of a template, as CloudFormation does before it makes anything.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/template-anatomy.html
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from typing import Any, cast

from redrive_model.template.errors import TemplateError
from redrive_model.template.expressions import Expressions, included, substituted_names

_VERSION = "2010-09-09"
_SECTIONS = frozenset(
    {
        *("AWSTemplateFormatVersion", "Conditions", "Description", "Hooks", "Mappings", "Metadata", "Outputs"),
        *("Parameters", "Resources", "Rules", "Transform"),
        "Globals",  # of SAM
    }
)
# https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-product-attribute-reference.html, and for
# custom resources `Version`.
_ATTRIBUTES = frozenset(
    {
        *("Condition", "CreationPolicy", "DeletionPolicy", "DependsOn", "Metadata", "Properties", "Type"),
        *("UpdatePolicy", "UpdateReplacePolicy", "Version"),
        *("Connectors", "IgnoreGlobals"),  # of SAM
    }
)
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
    for logical_id, resource in resources.items():
        _check_resource(logical_id, resource, resources)


def _check_resource(logical_id: str, resource: Any, resources: Mapping[str, Any]) -> None:
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
    if unknown:
        raise TemplateError(f"{logical_id} has {unknown[0]!r}, which no resource has: correct its name or remove it")
    properties: Any = attributes.get("Properties") or {}
    if not isinstance(properties, Mapping):
        raise TemplateError(f"{logical_id}: Properties are {properties!r:.80}: give an object of properties by name")
    for name in ("DeletionPolicy", "UpdateReplacePolicy"):
        policy = attributes.get(name)
        if isinstance(policy, str) and policy not in _DELETIONS:
            raise TemplateError(f"{logical_id}: {name} is {policy!r}; give one of {', '.join(_DELETIONS)}")
    for other in _depends_on(attributes):
        if other not in resources:
            raise TemplateError(
                f"{logical_id} depends on {other!r}, which is no resource of the template: correct or remove DependsOn"
            )


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
    for logical_id, resource in present.items():
        found = set(_references(resource.get("Properties") or {}, expressions))
        _check_names(logical_id, found, template, present)
        needed[logical_id] = {*found, *_depends_on(resource)} & set(present)
    outputs: Mapping[str, Any] = template.get("Outputs") or {}
    for name, output in outputs.items():
        if "Condition" not in output or expressions.holds(output["Condition"]):
            _check_names(f"the output {name}", set(_references(output, expressions)), template, present)
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
