"""The environment variables, from the classes of the settings that they carry."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from redrive.settings.base import Settings, variable
from tools import stubs
from tools.reference.text import page, table

_INTRODUCTION = """
A construct writes one variable with JSON for each thing that it sets up for a function, numbered from 1. Without the
CDK, write them by hand; each member may be left out, which means unknown.
[The contract](../architecture.md#the-contract) explains them.
"""
_OTHERS = {
    "REDRIVE_IDEMPOTENCY": "`off` in a test: nothing is checked, and `redrive.idempotency.off` is logged.",
    "REDRIVE_STATE": "Folder of the command line's journals. Default: `redrive` in the user's folder of state.",
}
#: Variables of Lambda and the SDK that change what helpers do.
_AWS = {
    "AWS_LAMBDA_FUNCTION_NAME": "Name of the function in metrics, if the context has none.",
    "AWS_LAMBDA_LOG_FORMAT": "`JSON`: the members of a log line are fields of the record.",
    "AWS_LAMBDA_LOG_LEVEL": "The level that the lines of metrics have with the JSON format.",
    "AWS_LAMBDA_LOG_GROUP_NAME": "Log group in which `LogsCounter` counts.",
    "AWS_LAMBDA_INITIALIZATION_TYPE": "`lambda-managed-instances`: several invocations run in one process at a time.",
    "AWS_REGION": "Region of the function, for the switch of a circuit breaker.",
    "AWS_ENDPOINT_URL": "Address in place of AWS's, for a local AWS; boto3 reads it, too.",
}


def settings_classes() -> list[type[Settings]]:
    """Return the classes of settings that a variable carries."""
    found: dict[str, type[Settings]] = {}
    for module, names in stubs.names_of(stubs.ROOT / "runtime/redrive/settings/__init__.py").items():
        for name in names:
            value: Any = getattr(import_module(module), name)
            if isinstance(value, type) and issubclass(value, Settings) and value is not Settings:
                found[variable(value, 1)] = value
    return [found[name] for name in sorted(found)]


def variables_page() -> str:
    """Return the page."""
    parts: list[str] = []
    for kind in settings_classes():
        fields: dict[str, str] = kind._fields  # pyright: ignore[reportPrivateUsage, reportAssignmentType]
        rows = [[f"`{name}`", f"`{of.removesuffix(' | None')}`"] for name, of in fields.items()]
        link = f"[`{kind.__name__}`](settings.md#{kind.__name__.lower()})"
        parts.append(f"## `{variable(kind, 1)}`\n\nThe members of {link}:\n\n" + table(["member", "type"], rows))
    others = [[f"`{name}`", text] for name, text in _OTHERS.items()]
    of_aws = [[f"`{name}`", text] for name, text in _AWS.items()]
    return page(
        "Environment variables",
        _INTRODUCTION,
        *parts,
        "## Other variables\n\n" + table(["variable", "meaning"], others),
        "## Variables of AWS\n\n" + table(["variable", "meaning"], of_aws),
    )
