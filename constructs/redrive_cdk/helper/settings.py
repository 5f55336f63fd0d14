"""Passes a construct's settings and the runtime layer to its function."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, cast

from aws_cdk import Annotations
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import Settings, encode, variable
from redrive_cdk.core import known
from redrive_cdk.core.known import runtime_of, underlying
from redrive_cdk.core.notes import remember, remembered
from redrive_cdk.core.tree import path_of, stack_of
from redrive_cdk.helper.layer import RuntimeLayer


def write_settings(
    scope: Construct, function: lambda_.IFunction, settings: Settings, *, by_hand: str
) -> Callable[[Settings], None]:
    """Write settings into the function's environment, or warn how to pass them by hand if the function is imported.

    Returns:
        Replaces the settings by others of the same kind.
    """
    made = underlying(function)
    if made is None:
        Annotations.of(scope).add_warning_v2(
            "redrive:imported-function",
            f"{path_of(function)} is imported, or of a kind that hides its function: it cannot be given the settings "
            f"of {path_of(scope)}, nor the layer with the helpers. Add the redrive package to its own code and pass "
            f"the settings by hand: {by_hand}",
        )
        return lambda settings: None
    kind = f"settings-{settings.KIND}"
    name = variable(type(settings), 1 + len(remembered(made, kind)))  # the helpers expect numbers without a gap
    remember(made, kind, name)

    def write(settings: Settings) -> None:
        made.add_environment(name, _as_text(made, encode(settings)))

    write(settings)
    return write


def _as_text(function: lambda_.Function, values: Mapping[str, Any]) -> str:
    """Return values as JSON; only the CDK can write numbers and lists that the deployment knows."""
    if _is_known(values):
        return json.dumps(values, separators=(",", ":"), ensure_ascii=False)
    return stack_of(function).to_json_string(values)


def _is_known(value: object) -> bool:
    """Return whether JSON can show a value. A text with tokens is a text: the CDK joins it with what is around it."""
    if isinstance(value, Mapping):
        return all(map(_is_known, cast("Mapping[str, object]", value).values()))
    if isinstance(value, list):
        return not any(str(each).startswith("#{Token[") for each in cast("list[object]", value))
    return isinstance(value, str) or known.number(value) is not None


def attach_layer_to(scope: Construct, function: lambda_.IFunction) -> None:
    """Add the stack's `RuntimeLayer` to a function with a Python runtime; warn for a container image."""
    made = underlying(function)
    if made is None:
        return
    runtime = runtime_of(made)
    if runtime is None:
        Annotations.of(scope).add_warning_v2(
            "redrive:container-image",
            f"{path_of(made)} is made from a container image, which takes no layers: install the redrive package in "
            "the image, and set attach_layer=False",
        )
    elif runtime.startswith("python"):
        RuntimeLayer.of(made).attach(made)


def refuse_same_name(scope: Construct, function: lambda_.IFunction, name: str, *, what: str, helper: str) -> None:
    """Raise ValueError if the function's code already uses this name for another construct of the same kind."""
    made = underlying(function)
    if made is None:
        return
    kind = f"{what}-name"
    if name in remembered(made, kind):
        raise ValueError(
            f"{path_of(scope)}: {path_of(made)} knows another {what} by the name {name!r} already: its code could "
            f"not tell which {helper}({name!r}) is meant; give name=…"
        )
    remember(made, kind, name)
