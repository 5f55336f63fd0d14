"""Evaluates the intrinsic functions of a CloudFormation template that the CDK uses.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Callable, Iterable, Mapping
from ipaddress import ip_network
from itertools import islice
from typing import Any, cast

from redrive_model.template.errors import TemplateError

_SUBSTITUTED = re.compile(r"\$\{(!?)([^}]+)\}")
#: The transform that a template with loops, or with the functions below, must have.
LANGUAGE_EXTENSIONS = "AWS::LanguageExtensions"
#: The beginning of the types of parameters whose values are read from SSM.
SSM_VALUE = "AWS::SSM::Parameter::Value<"
_EXTENSIONS = ("Fn::Length", "Fn::ToJsonString")
#: Value of `{"Ref": "AWS::NoValue"}`: the property is left out.
NO_VALUE = object()
_PARTS_OF_ARNS = str.maketrans({":": " "})


class PartlyUnknown(str):
    """A text with a part that only the deployment knows; the part is the same for the same expression."""

    __slots__ = ()


class Unknown(PartlyUnknown):
    """A value that only the deployment knows, as a text that is the same for the same expression."""

    __slots__ = ()


def transforms_of(template: Mapping[str, Any]) -> list[str]:
    """Return the names of a template's transforms."""
    given: Any = template.get("Transform") or []
    several = cast("list[Any]", given) if isinstance(given, list) else [given]
    return [str(each.get("Name")) if isinstance(each, Mapping) else str(each) for each in several]  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def included(argument: Any) -> str:
    """Return the sentence about a part of a template that a macro makes at deployment."""
    name = cast("Mapping[str, Any]", argument).get("Name") if isinstance(argument, Mapping) else argument
    return (
        f"a part of the template is made by the macro {name} (Fn::Transform) at deployment: give the template that it "
        "becomes, which `aws cloudformation get-template --template-stage Processed` has"
    )


def substituted_names(text: str) -> list[str]:
    """Return the names in the text of an `Fn::Sub`, each with its attribute."""
    return [name for literal, name in _SUBSTITUTED.findall(text) if not literal]


def output_key(stack: str, output: str) -> str:
    """Return the name under which another stack's output is looked up; names of exports have no dots."""
    return f"{stack}.{output}"


def _unknown(expression: object) -> Unknown:
    # Without colons, so that nobody takes it for an ARN.
    return Unknown(json.dumps(expression, sort_keys=True, default=str).translate(_PARTS_OF_ARNS))


class Expressions:
    """Evaluates the expressions of one template.

    Args:
        template: The template.
        pseudo: Pseudo parameters by name, such as `AWS::Region`.
        parameters: Values for the template's parameters; they take precedence over defaults.
        reference: Returns the value of `Ref` for a logical id.
        attribute: Returns the value of `Fn::GetAtt` for a logical id and an attribute.
        exported: Returns the value that another stack exports under a name, or has as an output under its
            `output_key`; `None` if there is none.
        strict: `False` to evaluate to `Unknown` what cannot be known before the deployment, such as a parameter,
            instead of raising an error or taking a default.
    """

    def __init__(
        self,
        template: Mapping[str, Any],
        pseudo: Mapping[str, str],
        parameters: Mapping[str, Any],
        reference: Callable[[str], str],
        attribute: Callable[[str, str], str],
        *,
        exported: Callable[[str], Any] = lambda name: None,
        strict: bool = True,
    ) -> None:
        self._parameters: Mapping[str, Any] = template.get("Parameters") or {}
        self._conditions: Mapping[str, Any] = template.get("Conditions") or {}
        self._mappings: Mapping[str, Any] = template.get("Mappings") or {}
        self._resources: Mapping[str, Any] = template.get("Resources") or {}
        self._given = parameters
        self._pseudo = pseudo
        self._reference = reference
        self._attribute = attribute
        self._exported = exported
        self._strict = strict
        self._is_extended = LANGUAGE_EXTENSIONS in transforms_of(template)

    def value(self, expression: Any) -> Any:
        """Evaluate a JSON value and all expressions in it.

        Returns:
            The plain value; `NO_VALUE` if it is to be left out.

        Raises:
            TemplateError: An expression is unknown, or refers to something that does not exist.
        """
        if isinstance(expression, Mapping):
            fields = cast("Mapping[str, Any]", expression)
            if len(fields) == 1:
                ((name, argument),) = fields.items()
                if name in ("Ref", "Condition") or name.startswith("Fn::"):
                    return self._call(name, argument)
            made = {name: self.value(each) for name, each in fields.items()}
            return {name: each for name, each in made.items() if each is not NO_VALUE}
        if isinstance(expression, list):
            values = [self.value(each) for each in cast("list[Any]", expression)]
            return [each for each in values if each is not NO_VALUE]
        return expression

    def holds(self, condition: str) -> bool:
        """Evaluate one of the template's conditions.

        Raises:
            TemplateError: The template has no condition of that name, or it depends on what is not known.
        """
        if condition not in self._conditions:
            raise TemplateError(f"the template has no condition {condition!r}; it has {_names(self._conditions)}")
        return bool(self._decided(self._conditions[condition]))

    def is_parameter(self, name: str) -> bool:
        """Return whether a name is that of a parameter of the template, or of one that leaves its property out."""
        return name in self._parameters or name == "AWS::NoValue"

    def _call(self, name: str, argument: Any) -> Any:
        if self._strict:
            return self._evaluated(name, argument)
        try:
            return self._evaluated(name, argument)
        except (TemplateError, ValueError, TypeError, KeyError):
            return _unknown({name: argument})

    def _evaluated(self, name: str, argument: Any) -> Any:
        if name in _EXTENSIONS:
            self._check_extended(name)
        match name, argument:
            case "Ref", str():
                return self._ref(argument)
            case "Condition", str() if argument in self._conditions:
                return self.holds(argument)
            case "Fn::GetAtt", [str() as resource, attribute]:
                return self._get_att(resource, str(self.value(attribute)))
            case "Fn::GetAtt", str():
                resource, _, attribute = argument.partition(".")
                return self._get_att(resource, attribute)
            case "Fn::Join", [separator, parts]:
                values = self._decided(parts)
                return _composed(str(separator).join(map(_text, values)), values)
            case "Fn::Sub", str():
                return self._substituted(argument, {})
            case "Fn::Sub", [str() as text, values]:
                return self._substituted(text, self.value(values))
            case "Fn::Select", [index, choices]:
                return self._selected(index, choices)
            case "Fn::Split", [separator, text]:
                return str(self._decided(text)).split(separator)
            case "Fn::If", [str() as condition, yes, no]:
                return self.value(yes if self.holds(condition) else no)
            case "Fn::Equals", [one, other]:
                return _text(self._decided(one)) == _text(self._decided(other))
            case "Fn::And", list():
                return all(map(self._decided, cast("list[Any]", argument)))
            case "Fn::Or", list():
                return any(map(self._decided, cast("list[Any]", argument)))
            case "Fn::Not", [condition]:
                return not self._decided(condition)
            case "Fn::FindInMap", [table, first, second]:
                return self._found(table, first, second, {})
            case "Fn::FindInMap", [table, first, second, {**otherwise}]:
                self._check_extended("Fn::FindInMap with a DefaultValue")
                return self._found(table, first, second, otherwise)
            case "Fn::Length", _:
                return len(self._decided(argument))
            case "Fn::ToJsonString", _:
                return json.dumps(self.value(argument))
            case "Fn::Base64", _:
                return b64encode(str(self.value(argument)).encode()).decode()
            case "Fn::ImportValue", _:
                return self._imported(str(self.value(argument)))
            case "Fn::GetStackOutput", {"StackName": stack, "OutputName": output}:
                return self._imported(output_key(str(self.value(stack)), str(self.value(output))))
            case "Fn::GetAZs", _:
                region = self.value(argument) or self._pseudo["AWS::Region"]
                return [f"{region}{letter}" for letter in "abc"]
            case "Fn::Cidr", [block, count, bits]:
                return _subnets(*(str(self._decided(each)) for each in (block, count, bits)))
            case "Fn::Transform", _:
                raise TemplateError(included(argument))
            case "Condition", _:  # a member of a policy statement, which has the same name
                return {name: self.value(argument)}
            case _:
                raise TemplateError(f"the expression {name} of {argument!r:.200} is not modelled")

    def _check_extended(self, what: str) -> None:
        if self._strict and not self._is_extended:
            raise TemplateError(f"{what} needs the transform {LANGUAGE_EXTENSIONS}: add it to Transform")

    def _decided(self, expression: Any) -> Any:
        value = self.value(expression)
        if isinstance(value, Unknown):
            raise TemplateError(f"{value} is only known at deployment")
        return value

    def _imported(self, name: str) -> Any:
        value = self._exported(name)
        if value is not None:
            return value
        return f"imported:{name}" if self._strict else _unknown({"Fn::ImportValue": name})

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        if name in self._pseudo:
            return self._pseudo[name]
        if name in self._parameters:
            return self._parameter(name)
        if name in self._resources:
            return self._reference(name)
        raise TemplateError(f"the template refers to {name!r}, which is neither a resource nor a parameter of it")

    def _get_att(self, resource: str, attribute: str) -> str:
        if resource not in self._resources:
            raise TemplateError(f"the template asks for {attribute} of {resource!r}, which is no resource of it")
        if attribute.startswith("Outputs."):  # of a nested stack, whose name is the reference to it
            output = self._exported(output_key(self._reference(resource), attribute.removeprefix("Outputs.")))
            if output is not None:
                return output
        return self._attribute(resource, attribute)

    def _parameter(self, name: str) -> Any:
        declared: Mapping[str, Any] = self._parameters[name]
        # A default is a guess: who deploys may give another value.
        value = self._given.get(name, declared.get("Default") if self._strict else None)
        if self._strict and name not in self._given and str(declared.get("Type")).startswith(SSM_VALUE):
            raise TemplateError(
                f"the template's parameter {name!r} is read from SSM at deployment: give its value, "
                f"template_parameters={{{name!r}: …}}"
            )
        if value is None and not self._strict:
            return _unknown({"Ref": name})
        if value is None:
            raise TemplateError(
                f"the template's parameter {name!r} has no default: give it a value, "
                f"template_parameters={{{name!r}: …}}"
            )
        kind = str(declared.get("Type", "")).removeprefix(SSM_VALUE)
        if kind.startswith(("CommaDelimitedList", "List<")) and isinstance(value, str):
            return [each.strip() for each in value.split(",")]
        return value

    def _substituted(self, text: str, values: Mapping[str, Any]) -> str:
        used: list[Any] = []

        def replacement(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return f"${{{name}}}"
            if name in values:
                value = values[name]
            else:
                resource, dot, attribute = name.partition(".")
                value = self._get_att(resource, attribute) if dot else self._ref(name)
            used.append(value)
            return _text(value)

        return _composed(_SUBSTITUTED.sub(replacement, text), used)

    def _selected(self, index: Any, choices: Any) -> Any:
        values = self._decided(choices)
        try:
            number = int(self.value(index))
            if number < 0:  # in Python, the last ones
                raise IndexError
            return values[number]
        except (IndexError, ValueError, TypeError, KeyError) as error:
            raise TemplateError(f"Fn::Select of {index!r} from {values!r:.200}: there is none") from error

    def _found(self, table: Any, first: Any, second: Any, otherwise: Mapping[str, Any]) -> Any:
        names = [self.value(each) for each in (table, first, second)]
        try:
            return self._mappings[names[0]][names[1]][names[2]]
        except KeyError as error:
            if "DefaultValue" in otherwise:
                return self.value(otherwise["DefaultValue"])
            raise TemplateError(f"Fn::FindInMap of {names}: the template's mappings have no such value") from error


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def _subnets(block: str, count: str, bits: str) -> list[str]:
    """Return addresses of subnets, as `Fn::Cidr` does.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html
    """
    try:
        network = ip_network(block)
        subnets = network.subnets(new_prefix=network.max_prefixlen - int(bits))
        found = [str(each) for each in islice(subnets, int(count))]
    except ValueError as error:
        raise TemplateError(f"Fn::Cidr of {block!r}, {count} and {bits}: {error}") from error
    if len(found) < int(count):
        raise TemplateError(f"Fn::Cidr of {block!r}, {count} and {bits}: it has {len(found)} such subnets only")
    return found


def _composed(text: str, parts: Iterable[Any]) -> str:
    """Return a text of parts, marked if one of them is not known."""
    return PartlyUnknown(text) if any(isinstance(each, PartlyUnknown) for each in parts) else text


def _names(values: Mapping[str, Any]) -> str:
    return ", ".join(values) or "none"
