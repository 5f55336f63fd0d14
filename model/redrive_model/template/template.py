"""Reads a synthesized CloudFormation template and evaluates its expressions."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, cast

from redrive_model.template.addresses import Addresses
from redrive_model.template.coverage import FOR_RULES, NotModelled, is_custom, not_modelled
from redrive_model.template.errors import TemplateError
from redrive_model.template.expressions import LANGUAGE_EXTENSIONS, Expressions, transforms_of
from redrive_model.template.for_each import without_loops
from redrive_model.template.names import construct_path, without_hash
from redrive_model.template.parameter_values import check_values
from redrive_model.template.sam import SAM, translated
from redrive_model.template.structure import check_references, check_shape
from redrive_model.template.unknown import without_unknown
from redrive_model.template.yaml_template import read_yaml


class HasJson(Protocol):
    """An `aws_cdk.assertions.Template`, or any other object that can be written as a template."""

    def to_json(self) -> Mapping[str, Any]:
        """Return the template."""
        ...


_MAY_BE_UNKNOWN = FOR_RULES | {
    *("AWS::ApiGateway::RestApi", "AWS::ApiGatewayV2::Api"),
    *("AWS::ApiGateway::Stage", "AWS::ApiGatewayV2::Stage"),
}
#: A template: a dictionary, the path of a file in JSON or YAML, or a `Template` of the CDK's assertions.
TemplateSource = Mapping[str, Any] | str | Path | HasJson


@dataclass(frozen=True, slots=True)
class Place:
    """The account and the Region of a stack.

    Attributes:
        region: Region.
        account: Account id.
        bound: Whether the stack is bound to both. If not, they stand for any.
    """

    region: str
    account: str
    bound: bool = True


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource, with every expression replaced by its value.

    Attributes:
        logical_id: Logical id.
        kind: Resource type.
        properties: Properties.
        metadata: `Metadata`, as in the template.
        path: Path of its construct, if the template contains it.
        name: Logical id without the CDK's hash, if that is unique, else with it.
        arn: ARN.
        reference: Value of `Ref`.
        stack: Name of its stack, if several are read together.
        given: Properties, as in the template.
        unknown: Names of properties, at any depth, whose values are not known. They are left out of `properties`.
        bound: Whether account and Region in `arn` are those of the deployment. If not, they stand for any.
    """

    logical_id: str
    kind: str
    properties: Mapping[str, Any]
    metadata: Mapping[str, Any]
    path: str | None
    name: str
    arn: str
    reference: str
    stack: str = ""
    given: Mapping[str, Any] = field(default_factory=dict[str, Any])
    unknown: frozenset[str] = frozenset()
    bound: bool = True

    @property
    def shown(self) -> str:
        """The path of its construct if it is known, else its name."""
        return self.path or self.name


@dataclass(frozen=True, slots=True)
class Template:
    """A template without expressions.

    Attributes:
        resources: Modelled resources by logical id, without those whose condition is false.
        not_modelled: Parts that are not modelled.
        outputs: `Outputs`, as in the template.
    """

    resources: Mapping[str, Resource]
    not_modelled: tuple[NotModelled, ...]
    outputs: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def of_kind(self, *kinds: str) -> list[Resource]:
        """Return the resources of any of these types."""
        return [resource for resource in self.resources.values() if resource.kind in kinds]


def read_template(source: TemplateSource, place: Place, values: Mapping[str, Any]) -> Template:
    """Read a template and evaluate its expressions.

    Args:
        source: The template.
        place: Region and account of the stack.
        values: Values for the template's parameters.

    Raises:
        ImportError: A library for templates in YAML or SAM is not installed.
        TemplateError: An expression is unknown, or a parameter has no value or one that its constraints refuse.
    """
    return opened(source, place, values).read()


def opened(source: TemplateSource, place: Place, values: Mapping[str, Any]) -> OpenTemplate:
    """Open a template after its transforms; see `read_template`."""
    raw = loaded(source)
    parameters: Mapping[str, Any] = raw.get("Parameters") or {}
    check_values(parameters, values)
    raw = without_loops(
        raw, OpenTemplate(raw, place, values).expressions.value, allowed=LANGUAGE_EXTENSIONS in transforms_of(raw)
    )
    is_complete = set(transforms_of(raw)) <= {SAM, LANGUAGE_EXTENSIONS}
    if is_complete:  # other transforms may change anything
        check_shape(raw)
    if SAM in transforms_of(raw):
        raw = translated(raw, place.region, values)
    found = OpenTemplate(raw, place, values)
    if is_complete:
        check_references(raw, found.present, found.expressions)
    return found


class OpenTemplate:
    """A template whose expressions can be evaluated.

    Args:
        raw: The template.
        place: Region and account of the stack.
        values: Values for the template's parameters.
        stack: Name of the stack. If given, it is part of the names of resources and of their logical ids here.
        exported: Returns the value that another stack exports under a name, or `None`.
        strict: `False` to read what cannot be known before the deployment as unknown, instead of raising an error. A
            resource with a condition that is not known is left out.
        physical: Physical ids by logical id, if the stack is deployed. Other resources are left out.
    """

    def __init__(
        self,
        raw: Mapping[str, Any],
        place: Place,
        values: Mapping[str, Any],
        *,
        stack: str = "",
        exported: Callable[[str], Any] = lambda name: None,
        strict: bool = True,
        physical: Mapping[str, str] | None = None,
    ) -> None:
        self.raw = raw
        self._physical = physical
        self._stack = stack
        self._bound = place.bound
        self._strict = strict
        self._resources: Mapping[str, Any] = raw.get("Resources") or {}
        pseudo = {
            "AWS::Region": place.region,
            "AWS::AccountId": place.account,
            "AWS::Partition": _partition(place.region),
            "AWS::URLSuffix": "amazonaws.com.cn" if place.region.startswith("cn-") else "amazonaws.com",
            "AWS::StackName": stack or "Stack",
            "AWS::StackId": f"arn:aws:cloudformation:{place.region}:{place.account}:stack/{stack or 'Stack'}/simulated",
            "AWS::NotificationARNs": "",
        }
        self._addresses = Addresses(self._resources, pseudo, f"{stack}-" if stack else "", physical)
        self.expressions = Expressions(
            raw,
            pseudo,
            values,
            self._addresses.reference,
            self._addresses.attribute,
            exported=exported,
            strict=strict,
        )
        self._addresses.expressions = self.expressions

    def read(self, paths: Mapping[str, str] | None = None) -> Template:
        """Return the template without expressions.

        Args:
            paths: Paths of constructs by logical id, for resources without such metadata.
        """
        known = paths or {}
        present = self.present
        short = [without_hash(logical_id) for logical_id in present]
        read: dict[str, Resource] = {}
        missing: list[NotModelled] = self._transforms_not_read() if self._strict else []
        for logical_id, resource in present.items():
            missing += not_modelled(logical_id, resource)
            if resource["Type"] in self._addresses.KINDS or is_custom(resource):
                name = without_hash(logical_id)
                unique = name if short.count(name) == 1 else logical_id
                read[logical_id] = self._resource(logical_id, resource, unique, known.get(logical_id))
        return Template(read, tuple(missing), self.raw.get("Outputs") or {})

    @property
    def present(self) -> Mapping[str, Mapping[str, Any]]:
        """The resources, without those whose condition is false and those that are not deployed."""
        return {
            logical_id: each
            for logical_id, each in self._resources.items()
            if (self._is_present(each) if self._physical is None else logical_id in self._physical)
        }

    def _transforms_not_read(self) -> list[NotModelled]:
        return [
            NotModelled(f"the transform {each}, which runs at deployment and may add resources", matters=True)
            for each in transforms_of(self.raw)
            if each not in (SAM, LANGUAGE_EXTENSIONS)
        ]

    def _is_present(self, resource: Mapping[str, Any]) -> bool:
        if "Condition" not in resource:
            return True
        try:
            return self.expressions.holds(resource["Condition"])
        except TemplateError:
            if self._strict:
                raise
            return False

    def _resource(self, logical_id: str, resource: Mapping[str, Any], name: str, path: str | None) -> Resource:
        unknown: frozenset[str] = frozenset()
        try:
            given = self.expressions.value(resource.get("Properties") or {})
        except TemplateError:
            # What only rules compare with, or an API whose definition is elsewhere, must not keep a template from being
            # simulated.
            if resource["Type"] not in _MAY_BE_UNKNOWN and not is_custom(resource):
                raise
            given, unknown = {}, frozenset(resource.get("Properties") or {})
        properties: Mapping[str, Any] = cast("Mapping[str, Any]", given if isinstance(given, Mapping) else {})
        if not self._strict:
            properties, unknown = without_unknown(properties)
        metadata: Mapping[str, Any] = resource.get("Metadata") or {}
        return Resource(
            logical_id,
            resource["Type"],
            properties,
            metadata,
            construct_path(metadata) or path,
            name,
            self._addresses.arn(logical_id),
            self._addresses.reference(logical_id),
            stack=self._stack,
            given=resource.get("Properties") or {},
            unknown=unknown,
            bound=self._bound,
        )


def loaded(source: TemplateSource) -> Mapping[str, Any]:
    """Return a template as a dictionary.

    Raises:
        ImportError: It is YAML, and PyYAML is not installed.
        TemplateError: A file has no template.
        TypeError: It is something else, such as a stack.
    """
    if isinstance(source, Mapping):
        return source
    if isinstance(source, (str, Path)):
        return _in_file(Path(source))
    if not hasattr(source, "to_json"):
        raise TypeError(
            f"{source!r:.80} is no template: give a dictionary, the path of a file, or for a stack of the CDK "
            "aws_cdk.assertions.Template.from_stack(stack)"
        )
    return source.to_json()


def _in_file(path: Path) -> Mapping[str, Any]:
    if path.is_dir():
        raise TemplateError(
            f"{path} is a folder: give the file of a template, or simulate a cloud assembly by Simulation.from_assembly"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise TemplateError(f"{path} is no text in UTF-8 ({error}): save it as UTF-8") from None
    try:
        found: Any = json.loads(text) if text.lstrip().startswith("{") else read_yaml(text)
    except ImportError as error:
        raise ImportError(f"a template in YAML needs PyYAML ({error}): install it with `pip install pyyaml`") from None
    except Exception as error:
        raise TemplateError(f"{path} cannot be read as JSON or YAML: {error}") from None
    if not isinstance(found, Mapping) or not isinstance(found.get("Resources"), Mapping):  # pyright: ignore[reportUnknownMemberType]
        raise TemplateError(f"{path} is no template of CloudFormation: it has no Resources")
    return cast("Mapping[str, Any]", found)


def _partition(region: str) -> str:
    for start, partition in (("cn-", "aws-cn"), ("us-gov-", "aws-us-gov")):
        if region.startswith(start):
            return partition
    return "aws"
