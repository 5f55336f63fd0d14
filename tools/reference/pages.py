"""The generated pages of the reference, by their names."""

from __future__ import annotations

from tools.reference.api import Api
from tools.reference.commands import commands_page
from tools.reference.permissions import permissions_page
from tools.reference.rule_pages import rule_pages
from tools.reference.rules import every_rule, rules_page
from tools.reference.variables import variables_page
from tools.stubs import ROOT

FOLDER = ROOT / "docs" / "reference"
#: The pages of public names: package, title, first sentences.
NAMES = {
    "runtime.md": (
        "runtime/redrive",
        "Helpers: `redrive`",
        "Names for the function's code. They need the standard library, and boto3 for AWS calls.",
    ),
    "constructs.md": (
        "constructs/redrive_cdk",
        "Constructs: `redrive_cdk`",
        "Names for stacks. All arguments but scope and id are passed by name.",
    ),
    "simulator.md": (
        "simulator/redrive_simulator",
        "Simulator: `redrive_simulator`",
        "Names for tests of a stack. [The simulator](../simulator.md) explains their use.",
    ),
    "testing.md": (
        "runtime/redrive/testing",
        "Events for tests: `redrive.testing`",
        "Names for tests of a handler. [Testing](../testing.md) explains their use.",
    ),
    "settings.md": (
        "runtime/redrive/settings",
        "Settings: `redrive.settings`",
        "Names for tools that read or write the [environment variables](environment-variables.md).",
    ),
}


def pages() -> dict[str, str]:
    """Return the text of each page."""
    api = Api()
    found = {name: api.page(*about) for name, about in NAMES.items()}
    found["commands.md"] = commands_page()
    rules = every_rule()
    found["rules.md"] = rules_page(rules)
    found |= rule_pages(rules)
    found["permissions.md"] = permissions_page()
    found["environment-variables.md"] = variables_page()
    return found
