"""`redrive explain`: where each event that fails ends, and when."""

from __future__ import annotations

import click

from redrive_cli.commands.common import Context
from redrive_cli.commands.common import command as make
from redrive_cli.errors import Exit
from redrive_cli.selection import seconds_in
from redrive_cli.stacks.read import read
from redrive_model.explanation.explain import explain


@make(
    "explain",
    """
redrive explain cdk.out
redrive explain template.yaml --outage 40m
redrive explain Shop --output html > failures.html
""",
    forms=("text", "json", "jsonl", "html"),
)
@click.argument("what")
@click.option("--outage", metavar="TIME", help="Also say what an outage of this length does: 40m, 2h.")
@click.option(
    "--table",
    type=click.Choice(["text", "markdown", "html"]),
    help="Only the comparison of the ways into the functions.",
)
@click.option("--mermaid", "is_mermaid", is_flag=True, help="Only a diagram for Mermaid.")
def command(context: Context, what: str, outage: str | None, table: str | None, is_mermaid: bool) -> Exit | None:
    """Say what a stack does with each event that fails: attempts, times, and where it ends.

    WHAT is a cloud assembly (the folder that `cdk synth` writes), a template (JSON, YAML or SAM) or the name of a
    deployed stack, of which AWS is asked for the settings as they are now.
    """
    length = None if outage is None else seconds_in(outage)
    stacks = read(context.aws, what)
    for note in stacks.notes:
        context.output.warn(note)
    explained = explain(stacks.stack, outage=length)
    if is_mermaid:
        from redrive_cli.explain.mermaid import as_mermaid

        context.output.plain(as_mermaid(explained))
    elif table is not None:
        from redrive_cli.explain import table as tables

        write = {"text": tables.as_text, "markdown": tables.as_markdown, "html": tables.as_html}[table]
        context.output.plain(write(explained.ways))
    elif context.output.format == "html":
        from redrive_cli.explain.page import as_page

        context.output.plain(as_page(explained, what, length))
    elif context.output.is_text:
        from redrive_cli.explain.text import as_text

        context.output.plain("\n".join(as_text(explained, length)))
    else:
        from redrive_cli.explain.data import as_data

        made = as_data(explained)
        context.output.data({"what": what, **made}, made["ways"])
    return None
