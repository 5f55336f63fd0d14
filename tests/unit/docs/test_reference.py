"""The reference: generated pages are as the code says, and nothing that users can meet is on no page."""

from __future__ import annotations

import ast
import inspect
import re
import tomllib
from enum import Enum
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from jsii import JSIIMeta

from redrive import CircuitBreaker, MetricName
from redrive.settings import SWITCH_HANDLER
from redrive_model.rules.catalogue import all_rules
from tools import stubs
from tools.reference.pages import FOLDER, NAMES, pages

ROOT = stubs.ROOT
ROOMS = ("runtime", "model", "constructs", "simulator", "cli")
PAGES = {file.name: file.read_text(encoding="utf-8") for file in FOLDER.glob("*.md")}
SOURCES = {file: file.read_text(encoding="utf-8") for room in ROOMS for file in sorted((ROOT / room).rglob("*.py"))}


def rows(page: str) -> set[str]:
    """The code in the first column of a page's tables."""
    firsts = re.findall(r"^\| ([^|]+) \|", PAGES[page], re.MULTILINE)
    return {code for first in firsts for code in re.findall(r"`([^`]+)`", first)}


@pytest.fixture(scope="module")
def generated() -> dict[str, str]:
    return pages()


@pytest.mark.parametrize(
    "name", sorted([*NAMES, "commands.md", "environment-variables.md", "permissions.md", "rules.md"])
)
def test_the_page_is_as_the_code_says(name: str, generated: dict[str, str]) -> None:
    assert generated[name] == PAGES[name], "run: make format"


def test_each_rule_has_its_page(generated: dict[str, str]) -> None:
    written = {f"rules/{file.name}": file.read_text(encoding="utf-8") for file in (FOLDER / "rules").glob("*.md")}
    assert written == {name: text for name, text in generated.items() if name.startswith("rules/")}, "run: make format"
    for rule in all_rules():
        assert f"# `{rule.id}`\n" in written[f"rules/{rule.id.removeprefix('redrive:')}.md"]


@pytest.mark.parametrize("page", NAMES)
def test_each_public_name_has_its_part_with_all_arguments(page: str) -> None:
    parts = dict(re.findall(r"^## `(\w+)`\n(.*?)(?=^## |\Z)", PAGES[page], re.DOTALL | re.MULTILINE))
    missing: list[str] = []
    for module, names in stubs.names_of(ROOT / NAMES[page][0] / "__init__.py").items():
        for name in names:
            value: Any = getattr(import_module(module), name)
            part = parts.get(name, "")
            if len(part.split()) < 2:
                missing.append(name)
            call = part.strip().partition("\n")[0] if inspect.isfunction(value) else ""
            missing += [
                f"{name}({each})" for each in arguments(value) if not re.search(rf"\b{each}\b", call + described(part))
            ]
            missing += [f"{name}.{method}" for method in methods(value) if not has_call(part, name, *method)]
    assert missing == []


def methods(value: Any) -> list[tuple[str, list[str]]]:
    """The public methods of a class of this project, and what they are called with."""
    if not inspect.isclass(value):
        return []
    found: list[tuple[str, list[str]]] = []
    for name, member in inspect.getmembers(value, inspect.isroutine):
        module = getattr(member, "__module__", None) or ""
        shared = module.startswith(("redrive.core.frozen", "redrive.settings.base"))
        is_called = not name.startswith("_") or (name == "__call__" and member.__doc__)
        if is_called and module.startswith("redrive") and not shared:
            found.append((name, [each for each in inspect.signature(member).parameters if each not in ("self", "cls")]))
    return found


def has_call(part: str, owner: str, method: str, arguments: list[str]) -> bool:
    """True if a part has a method's call with all arguments."""
    call = re.search(rf"^### `{owner}\.{method}`\n\n`{method}\((.*)\)`", part, re.MULTILINE)
    return call is not None and set(arguments) <= set(re.findall(r"\w+", call[1]))


def test_a_call_without_its_argument_is_found() -> None:
    assert has_call("### `A.b`\n\n`b(c, d=…)`", "A", "b", ["c", "d"])
    assert not has_call("### `A.b`\n\n`b(c)`", "A", "b", ["c", "d"])
    assert not has_call("", "A", "b", [])
    assert ("__call__", ["function", "fallback"]) in methods(CircuitBreaker)


# Classes whose docstring says what makes them: their own arguments are no one else's.
_MADE = re.compile(r"Made by|makes it|returns it")


def described(part: str) -> str:
    """The names that lists describe."""
    return " ".join(re.findall(r"^ *- `\**(\w+)`", part, re.MULTILINE))


def arguments(value: Any) -> list[str]:
    """The public arguments that a caller may pass, and the options that overloads list."""
    is_made_by_users = (
        inspect.isclass(value)
        and not issubclass(value, (BaseException, Enum))
        and not _MADE.search(value.__doc__ or "")
    )
    if not is_made_by_users and not inspect.isfunction(value):
        return []
    try:
        # The classes of constructs are called with anything.
        parameters = inspect.signature(value.__init__ if isinstance(value, JSIIMeta) else value).parameters.values()
    except ValueError:
        return []
    named = [each.name for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]
    passed_on = [name for each in parameters for name in unpacked(value, each)]
    return [name for name in [*named, *passed_on, *options(value)] if not name.startswith("_") and name != "self"]


def unpacked(value: Any, parameter: inspect.Parameter) -> list[str]:
    """The names that `**options: Unpack[…]` stands for."""
    typed = re.fullmatch(r"Unpack\[(\w+)\]", str(parameter.annotation))
    return list(getattr(import_module(value.__module__), typed[1]).__annotations__) if typed else []


def test_options_that_a_construct_passes_on_are_known() -> None:
    from redrive_cdk import KinesisConsumer

    assert {"stream", "parallelization_factor", "max_record_age"} <= set(arguments(KinesisConsumer))


def options(value: Any) -> set[str]:
    """The arguments of a function's overloads, which only type checkers see."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(Path(inspect.getfile(value)).read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef) and node.name == value.__name__ and node.decorator_list:
            found |= {each.arg for each in node.args.kwonlyargs}
    return found


def test_the_options_of_a_decorator_are_known() -> None:
    from redrive import sqs_handler

    assert {"parse", "backoff", "idempotency"} <= options(sqs_handler)


def ids() -> set[str]:
    """The ids of warnings; the one that is left out is the key of a tag."""
    found = {each for text in SOURCES.values() for each in re.findall(r'"(redrive:[a-z][a-z-]+)"', text)}
    return found - {"redrive:paused-by"}


def test_each_warning_and_error_is_on_a_page() -> None:
    assert len(ids()) > 30
    assert ids() - rows("rules.md") - rows("warnings.md") == set()


def test_the_page_of_warnings_has_none_that_is_not_there_or_is_a_rule() -> None:
    assert rows("warnings.md") <= ids()
    assert rows("warnings.md") & rows("rules.md") == set()


#: Without the tables of public names, which name modules.
RUNTIME = {
    file: text
    for file, text in SOURCES.items()
    if file.relative_to(ROOT).parts[0] == "runtime" and file.name != "__init__.py"
}
#: Parts of the names of events where they are no constants.
MADE = {
    "redrive.circuit.{event.kind}": "tested below",
    "redrive.circuit.{step}d": "redrive.circuit.paused redrive.circuit.resumed",
    "redrive.{name}_failed": "redrive.on_failure_failed redrive.metrics_hook_failed",
}


@cache
def nodes() -> list[ast.AST]:
    """All parts of the runtime's code."""
    return [node for text in RUNTIME.values() for node in ast.walk(ast.parse(text))]


def events() -> set[str]:
    """The names of log events: every text of the runtime of that form, but those of a handler and a package."""
    found = {
        str(node.value)
        for node in nodes()
        if isinstance(node, ast.Constant) and re.fullmatch(r"redrive(\.[a-z_]+)+", str(node.value))
    }
    return (found - {SWITCH_HANDLER, "redrive.invoker"}) | {
        each for names in MADE.values() for each in names.split() if each.startswith("redrive.")
    }


def test_names_of_events_are_made_in_no_other_way() -> None:
    made = {
        ast.unparse(node).strip("f'\"")
        for node in nodes()
        if isinstance(node, ast.JoinedStr) and ast.unparse(node).strip("f'\"").startswith("redrive.")
    }
    assert made == set(MADE)
    hooks = {
        str(call.args[2].value)
        for call in nodes()
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "call_hook" and len(call.args) > 2
        if isinstance(call.args[2], ast.Constant)
    }
    assert hooks == {"metrics_hook"}


def test_each_log_event_has_cause_and_remedy() -> None:
    assert len(events()) > 30
    assert events() - rows("log-events.md") == set()


def test_the_page_of_log_events_has_none_that_is_not_there() -> None:
    written = {each for each in rows("log-events.md") if each.startswith("redrive.")}
    assert {each for each in written - events() if not each.startswith("redrive.circuit.")} == set()


def test_each_event_of_a_circuit_has_cause_and_remedy() -> None:
    text = SOURCES[ROOT / "runtime/redrive/circuit/events.py"]
    (kinds,) = re.findall(r"CircuitEventKind: TypeAlias = Literal\[(.*?)\]", text)
    # `rejected` is counted and passed to the hook, and writes no line.
    named = {f"redrive.circuit.{kind}" for kind in re.findall(r'"(\w+)"', kinds)} - {"redrive.circuit.rejected"}
    assert named <= rows("log-events.md")


def test_every_public_package_has_a_page() -> None:
    assert {package for package, *_ in NAMES.values()} == set(stubs.PACKAGES)


def test_each_metric_has_cause_and_remedy() -> None:
    names = {value for name, value in vars(MetricName).items() if name.isupper()}
    assert names - rows("log-events.md") == set()


def test_each_variable_is_on_the_page() -> None:
    names = {each for text in SOURCES.values() for each in re.findall(r'environ(?:ment)?\.get\(\s*"([A-Z_]+)"', text)}
    assert "REDRIVE_STATE" in names
    of_the_system = {"LOCALAPPDATA", "XDG_STATE_HOME", "TZ"}
    assert names - of_the_system - set(re.findall(r"`([A-Z_0-9]+)`", PAGES["environment-variables.md"])) == set()


def test_the_supported_versions_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    python = [each.rpartition(" ")[2] for each in project["classifiers"] if ":: 3." in each]
    assert f"| Python | {', '.join(python)} |" in PAGES["support.md"]
    for extra in project["optional-dependencies"].values():
        for name, least, below in re.findall(
            r"([\w-]+)>=([\d.]+)(?:,<(\d+))?", ",".join(extra).replace(",redrive", "")
        ):
            text = f"{least} or newer" + (f", below {below}" if below else "")
            assert f"| `{name}` | {text} |" in PAGES["support.md"]


def test_the_versions_that_are_tested_are_those_that_are_installed_here() -> None:
    pins = dict(re.findall(r"^([\w-]+)==([\d.]+)", (ROOT / "requirements/dev.txt").read_text(), re.MULTILINE))
    assert (
        f"`aws-cdk-lib` {pins['aws-cdk-lib']}, `boto3` {pins['boto3']} and Powertools {pins['aws-lambda-powertools']}."
    ) in PAGES["support.md"]
