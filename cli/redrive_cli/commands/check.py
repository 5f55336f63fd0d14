"""`redrive check`: all rules on a template, a cloud assembly or a deployed stack."""

from __future__ import annotations

from pathlib import Path

import click

from redrive_cli.check.acknowledgements import acknowledgements, unused
from redrive_cli.check.reported import Reported, reported
from redrive_cli.check.text import as_text
from redrive_cli.commands.common import Context
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit
from redrive_cli.stacks.read import read
from redrive_model import limits
from redrive_model.findings import findings_of


@make(
    "check",
    """
redrive check cdk.out
redrive check template.yaml --fail-on warning --output sarif
redrive check Shop --ignore "redrive:no-bisect=batches are small"
""",
    forms=("text", "json", "jsonl", "sarif"),
)
@click.argument("what")
@click.option(
    "--fail-on",
    type=click.Choice(["error", "warning", "never"]),
    default="error",
    show_default=True,
    help="Findings that make the exit code 1.",
)
@click.option("--ignore", "ignored", multiple=True, metavar="ID=REASON", help="Acknowledge a rule's findings.")
@click.option("--acknowledged", "shows_all", is_flag=True, help="Show acknowledged findings as well.")
@click.option(
    "--account-concurrency",
    type=click.IntRange(min=1),
    default=limits.ACCOUNT_CONCURRENCY,
    show_default=True,
    metavar="N",
    help="Concurrent invocations of the account.",
)
def command(
    context: Context,
    what: str,
    fail_on: str,
    ignored: tuple[str, ...],
    shows_all: bool,
    account_concurrency: int,
) -> Exit | None:
    """Compare a stack with all rules, hand-wired resources included.

    WHAT is a cloud assembly (the folder that `cdk synth` writes), a template (JSON, YAML or SAM) or the name of a
    deployed stack, of which AWS is asked for the settings as they are now.
    """
    stacks = read(context.aws, what)
    findings = list(findings_of(stacks.stack, account_concurrency=account_concurrency))
    known = acknowledgements(stacks, ignored, Path())
    found = reported(findings, known, stacks.files)
    for note in stacks.notes:
        context.output.warn(note)
    for each in unused(known, findings):
        if each.place == "--ignore":
            context.output.warn(f"--ignore {each.rule} is about no finding: leave it out")
    _write(context, what, found if shows_all or not context.output.is_text else [*filter(_counts, found)], found)
    failing = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[fail_on]
    return Exit.FAILED if any(each.counts and each.level in failing for each in found) else None


def _counts(each: Reported) -> bool:
    return each.counts


def _write(context: Context, what: str, shown: list[Reported], found: list[Reported]) -> None:
    if context.output.format == "sarif":
        from importlib.metadata import version

        from redrive_cli.check.sarif import as_sarif

        context.output.data(as_sarif(found, version("redrive")))
    elif context.output.is_text:
        from redrive_cli.check.text import summary

        context.output.text("\n".join([*as_text(shown)[:-1], summary(found)]))
    else:
        rows = [each.as_data() for each in found]
        context.output.data({"what": what, "findings": rows}, rows)
