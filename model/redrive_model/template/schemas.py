"""Checks properties against the schemas of CloudFormation's registry, which the package cfn-lint ships.

https://docs.aws.amazon.com/cloudformation-cli/latest/userguide/resource-type-schema.html
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from redrive_model.template.errors import TemplateError
from redrive_model.template.expressions import NO_VALUE, Expressions

if TYPE_CHECKING:
    from redrive_model.template.template import OpenTemplate

#: The part that is not checked if the libraries for it are not installed.
NOT_CHECKED = (
    "the properties of resources against the schemas of CloudFormation's registry: cfn-lint and jsonschema are not "
    "installed (pip install 'redrive[schemas]')"
)
# Its schemas stand for those of Regions that cfn-lint does not have.
_LARGEST_REGION = "us-east-1"
# A dynamic reference: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/dynamic-references.html
_DYNAMIC = "{{resolve:"
_Check = Callable[[Any, Any, Any, Any], Iterator[Any]]


class Refusal(NamedTuple):
    """A property that CloudFormation refuses.

    Attributes:
        sentence: The resource, the value, the rule and the remedy.
        is_basic: Whether something required is missing, or has the wrong type: nothing else can be said of it.
    """

    sentence: str
    is_basic: bool


class _OfDeployment:
    """Stands for a value that only the deployment knows; it is not checked."""

    def __repr__(self) -> str:
        return "…"


def schemas_are_installed() -> bool:
    """Decide if properties can be checked."""
    return _folder() is not None and find_spec("jsonschema") is not None


def refusals(template: OpenTemplate, region: str) -> Iterator[Refusal]:
    """Yield the properties that CloudFormation refuses: nothing if the schemas are not installed.

    Args:
        template: The template. Types of resources without a schema, such as custom resources, are not checked.
        region: Region for whose schemas it is checked.
    """
    if not schemas_are_installed():
        return
    for logical_id, resource in template.present.items():
        kind = str(resource["Type"])
        validator = _validator(region, kind)
        if validator is None:
            continue
        properties = _stated(resource.get("Properties") or {}, template.expressions)
        if isinstance(properties, _OfDeployment):
            continue
        for name in validator.schema.get("readOnlyProperties") or ():
            name = name.removeprefix("/properties/")
            if name in properties:
                sentence = f"{logical_id}: {name} is set by AWS and cannot be given; leave it out"
                yield Refusal(sentence, is_basic=False)
        for error in validator.iter_errors(properties):
            where = ".".join(str(each) for each in error.absolute_path)
            sentence = f"{logical_id}: {where}{': ' if where else ''}{error.message:.300}"
            yield Refusal(
                f"{sentence}: CloudFormation refuses it by its schema of {kind}; change the template",
                is_basic=error.validator in ("required", "type"),
            )


def _stated(value: Any, expressions: Expressions) -> Any:
    """Return a value with those of its expressions that the template alone decides, and marks for the others."""
    if isinstance(value, list):
        members = [_stated(each, expressions) for each in cast("list[Any]", value)]
        return [each for each in members if each is not NO_VALUE]
    if isinstance(value, str) and _DYNAMIC in value:
        return _OfDeployment()
    if not isinstance(value, Mapping):
        return value
    fields = cast("Mapping[str, Any]", value)
    if "Fn::Transform" in fields:  # a macro changes all of it
        return _OfDeployment()
    if len(fields) == 1:
        ((name, argument),) = fields.items()
        match name:
            case "Fn::If":
                condition, yes, no = argument
                return _stated(yes if expressions.holds(condition) else no, expressions)
            case "Ref" if not expressions.is_parameter(str(argument)):
                return _OfDeployment()
            case "Ref":
                try:
                    return expressions.value(fields)
                except TemplateError:  # a parameter that is read from SSM, and has no value here
                    return _OfDeployment()
            case "Fn::FindInMap":
                return expressions.value(fields)
            case _ if name.startswith("Fn::"):
                return _OfDeployment()
            case _:
                pass
    made = {name: _stated(each, expressions) for name, each in fields.items()}
    return {name: each for name, each in made.items() if each is not NO_VALUE}


@cache
def _folder() -> Path | None:
    """Return the folder of cfn-lint's schemas: found without the import of the package, which takes half a second."""
    spec = find_spec("cfnlint")
    folder = None if spec is None or spec.origin is None else Path(spec.origin).parent / "data" / "schemas"
    return folder if folder is not None and (folder / "providers" / f"{_LARGEST_REGION}.json").exists() else None


@cache
def _files(region: str) -> Mapping[str, str]:
    """Return the names of schemas' files by the types of resources."""
    folder = _folder()
    assert folder is not None
    path = folder / "providers" / f"{region}.json"
    return _files(_LARGEST_REGION) if not path.exists() else json.loads(path.read_text(encoding="utf-8"))


@cache
def _validator(region: str, kind: str) -> Any:
    """Return the validator of a type's properties; `None` if there is no schema of the type."""
    name = _files(region).get(kind)
    if name is None:
        return None
    folder = _folder()
    assert folder is not None
    schema = json.loads((folder / "resources" / f"{name}.json").read_text(encoding="utf-8"))
    return _validator_class()(schema)


@cache
def _validator_class() -> Any:
    """Return JSON Schema's rules with CloudFormation's own, which takes texts for numbers and the like."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    rules = cast("Any", Draft202012Validator).VALIDATORS

    def kind(validator: Any, kinds: Any, instance: Any, schema: Any) -> Iterator[Any]:
        several: list[str] = [kinds] if isinstance(kinds, str) else kinds
        if not any(validator.is_type(instance, each) or _converts(instance, each) for each in several):
            yield ValidationError(f"{instance!r} is no {' or '.join(several)}")

    def choice(validator: Any, values: Any, instance: Any, schema: Any) -> Iterator[Any]:
        texts = [_text(each) for each in values]
        if _text(instance) not in texts:
            yield ValidationError(f"{instance!r} is none of {', '.join(texts)}")

    def bound(name: str) -> _Check:
        def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
            if isinstance(instance, str) and _converts(instance, "number"):
                instance = json.loads(instance)
            yield from rules[name](validator, value, instance, schema) or ()

        return check

    def excluded(validator: Any, names: Mapping[str, list[str]], instance: Any, schema: Any) -> Iterator[Any]:
        for name, others in names.items():
            for other in others:
                if isinstance(instance, dict) and name in instance and other in instance:
                    yield ValidationError(f"{name} and {other} exclude each other")

    def one_of(validator: Any, names: list[str], instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, dict) and sum(name in instance for name in names) != 1:
            yield ValidationError(f"exactly one of {', '.join(names)} is required")

    def any_of(validator: Any, names: list[str], instance: Any, schema: Any) -> Iterator[Any]:
        if isinstance(instance, dict) and not any(name in instance for name in names):
            yield ValidationError(f"one of {', '.join(names)} is required")

    own: dict[str, _Check] = {"type": kind, "enum": choice, "dependentExcluded": excluded}
    own |= {"requiredXor": one_of, "requiredOr": any_of, "minimum": bound("minimum"), "maximum": bound("maximum")}
    checks = {name: _unless_of_deployment(each) for name, each in {**rules, **own}.items()}
    return cast("Any", validators).extend(Draft202012Validator, checks)


def _unless_of_deployment(rule: _Check) -> _Check:
    def check(validator: Any, value: Any, instance: Any, schema: Any) -> Iterator[Any]:
        try:
            if not isinstance(instance, _OfDeployment):
                yield from rule(validator, value, instance, schema) or ()
        except re.error:  # a pattern of another dialect
            return

    return check


def _converts(value: Any, kind: str) -> bool:
    """Decide if CloudFormation converts a value to a type."""
    match kind:
        case "string":
            return isinstance(value, (int, float))
        case "boolean":
            return value in ("true", "false", "True", "False")
        case "integer" | "number":
            try:
                return isinstance(value, str) and (json.loads(value) % 1 == 0 or kind == "number")
            except (ValueError, TypeError):
                return False
        case "object":
            return isinstance(value, str) and value.lstrip().startswith("{")
        case _:
            return False


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
