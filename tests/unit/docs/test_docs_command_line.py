"""docs/command-line.md says what the command line does: commands, options, kinds, exit codes, members."""

from __future__ import annotations

import re
from typing import Any

import click
import pytest
from aws_cdk import assertions

from redrive.destinations.failure import KINDS
from redrive_cli.app import main
from redrive_cli.errors import Exit
from redrive_cli.failures.found import NOT_UNDERSTOOD, WORDS, facts_of
from redrive_cli.failures.reading import in_message
from redrive_cli.places.place import QueuePlace
from tests.unit.docs.test_docs import FIRST, ROOT, blocks, run
from tests.unit.runtime.destinations.test_dead_letter import moved

PAGE = (ROOT / "docs/command-line.md").read_text(encoding="utf-8")
OPERATED, BRING_BACK = blocks("docs/command-line.md")
NAMES = main.list_commands(click.Context(main))


def rows(header: str) -> list[list[str]]:
    """The cells of a table, by the beginning of its header."""
    lines = PAGE[PAGE.index(header) :].splitlines()[2:]
    return [re.split(r"(?<!\\)\|", line)[1:-1] for line in lines[: next(n for n, each in enumerate(lines) if not each)]]


def quoted(cells: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", cells[0])


def test_each_command_has_a_row() -> None:
    assert [quoted(row)[0].split()[1] for row in rows("| command | does |")] == NAMES


def test_each_kind_has_a_row() -> None:
    kinds = [kind for row in rows("| kind | what it is |") for kind in quoted(row)]
    assert kinds == [*KINDS, NOT_UNDERSTOOD] == list(WORDS)


def test_each_exit_code_has_a_row() -> None:
    assert [int(row[0]) for row in rows("| exit code |")] == [int(each) for each in Exit]


def test_each_member_has_a_row() -> None:
    place = QueuePlace(name="dead", url="https://q", arn="arn:aws:sqs:eu-west-1:1:dead")
    facts = facts_of(in_message(moved(), place))
    assert {name for row in rows("| member | value |") for name in quoted(row)} == set(facts)


def test_each_option_of_the_page_exists() -> None:
    given: set[str] = set()
    for name in NAMES:
        command = main.get_command(click.Context(main), name)
        assert command is not None
        given |= {option for parameter in command.params for option in parameter.opts}
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", PAGE)) - given == {"--help"}


def test_the_example_brings_a_message_back(monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[dict[str, Any]] = []

    class Client:
        def send_message(self, **arguments: Any) -> None:
            sent.append(arguments)

    monkeypatch.setattr("boto3.client", lambda service: Client())
    names: dict[str, Any] = {}
    exec(BRING_BACK, names)
    names["bring_back"](moved())
    assert [each["MessageBody"] for each in sent] == ['{"id": 7}']


def test_who_only_looks_has_a_policy_without_deletions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    template = assertions.Template.from_stack(run(FIRST, OPERATED)["stack"])
    policies = template.find_resources("AWS::IAM::ManagedPolicy")
    assert ["sqs:DeleteMessage" in str(policy) for policy in policies.values()] == [True, False]
