"""Telling a function what its construct has set up, and giving it the helpers."""

from __future__ import annotations

from aws_cdk import Annotations, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings import Settings, encode, variable
from redrive_cdk.known import underlying
from redrive_cdk.notes import note, notes
from redrive_cdk.runtime_layer import RuntimeLayer


def write_settings(scope: Construct, function: lambda_.IFunction, settings: Settings, *, by_hand: str) -> None:
    """Write settings into the function's environment.

    Args:
        scope: The construct that has set something up.
        function: The function, or a version or alias of it.
        settings: What it has set up.
        by_hand: For a function that cannot be given settings: how its own code passes them.
    """
    made = underlying(function)
    if made is None:
        Annotations.of(scope).add_warning_v2(
            "redrive:imported-function",
            f"{function.node.path} is imported, or of a kind that hides its function: it cannot be given the settings "
            f"of {scope.node.path}, nor the layer with the helpers. Add the redrive package to its own code and pass "
            f"the settings by hand: {by_hand}",
        )
        return
    kind = f"settings-{settings.KIND}"
    name = variable(type(settings), 1 + len(notes(made, kind)))  # numbered without a gap
    note(made, kind, name)
    made.add_environment(name, Stack.of(made).to_json_string(encode(settings)))


def attach_layer_to(scope: Construct, function: lambda_.IFunction) -> None:
    """Add the stack's `RuntimeLayer` to a function that can take one: a Python runtime, from a zip file.

    Args:
        scope: The construct that has set something up.
        function: The function, or a version or alias of it.
    """
    made = underlying(function)
    if made is None:
        return
    if made.runtime.name == lambda_.Runtime.FROM_IMAGE.name:
        Annotations.of(scope).add_warning_v2(
            "redrive:container-image",
            f"{made.node.path} is made from a container image, which takes no layers: install the redrive package in "
            "the image, and set attach_layer=False",
        )
    elif made.runtime.family == lambda_.RuntimeFamily.PYTHON:
        RuntimeLayer.of(made).attach(made)


def refuse_same_name(scope: Construct, function: lambda_.IFunction, name: str, *, what: str, helper: str) -> None:
    """Refuse a name that a function's code could not tell from another, and remember it.

    Args:
        scope: The construct that is to be known by it.
        function: The function, or a version or alias of it.
        name: The name.
        what: What is named, such as `"table"`.
        helper: The helper that is given the name.

    Raises:
        ValueError: The function knows another one by that name.
    """
    made = underlying(function)
    if made is None:
        return
    kind = f"{what}-name"
    if name in notes(made, kind):
        raise ValueError(
            f"{scope.node.path}: {made.node.path} knows another {what} by the name {name!r} already: its code could "
            f"not tell which {helper}({name!r}) is meant; give name=…"
        )
    note(made, kind, name)
