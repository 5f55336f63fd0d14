"""Shares options, output and the handling of errors among all commands."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

import click

from redrive.core.system import now
from redrive_cli.aws import Account, Aws
from redrive_cli.errors import Exit, Problem, explained
from redrive_cli.output.terminal import Format, Output, is_a_terminal
from redrive_cli.selection import MAX_REPLAYS, Selection, expression, time_before


@dataclass(frozen=True, slots=True)
class Context:
    """The account and the output of a command.

    Attributes:
        aws: The account.
        output: Where to write.
    """

    aws: Aws
    output: Output

    @property
    def now(self) -> datetime:
        """The time, in UTC."""
        return datetime.fromtimestamp(now(), UTC)


def _address(context: click.Context, option: click.Parameter, value: str | None) -> str | None:
    if value is not None and not value.startswith(("http://", "https://")):
        raise click.BadParameter(f"{value!r} is no address: give one such as http://127.0.0.1:4566", context, option)
    return value


_OPTIONS = (
    click.option("--profile", metavar="NAME", help="Profile of your AWS configuration."),
    click.option("--region", metavar="REGION", help="AWS Region."),
    click.option(
        "--endpoint-url", metavar="URL", callback=_address, help="Address in place of AWS's, for a local AWS."
    ),
)


def _form(forms: Sequence[Format]) -> Any:
    return click.option(
        "--output",
        "form",
        type=click.Choice(forms),
        default="text",
        show_default=True,
        help="Form of the data on standard output.",
    )


_SELECTION = (
    click.option("--id", "ids", multiple=True, metavar="ID", help="Only this one; may be given more than once."),
    click.option("--where", "condition", metavar="EXPR", help="JMESPath over the payload and the facts."),
    click.option("--reason", metavar="TEXT", help="Text in the reason; * stands for anything."),
    click.option("--type", "error_type", metavar="NAME", help="Name of the error's class; * stands for anything."),
    click.option("--older", metavar="AGE", help="Failed longer ago than this: 90m, 2h, 1d, or a time in UTC."),
    click.option("--newer", metavar="AGE", help="Failed less long ago than this."),
    click.option("--group", metavar="NAME", help="Message group, or shard of a stream."),
    click.option("--in-doubt", is_flag=True, help="Only what an interrupted replay may have sent."),
)
# As those of the whole command line: click keeps the first help option of a command, also without its group.
_SETTINGS: dict[str, Any] = {"help_option_names": ["-h", "--help"], "max_content_width": 80}


def command(
    name: str, examples: str, forms: Sequence[Format] = ("text", "json", "jsonl"), **more: Any
) -> Callable[[Callable[..., Exit | None]], click.Command]:
    """Make a command of a function that takes the context and the command's own arguments.

    Args:
        name: Its name.
        examples: Two examples for its help.
        forms: The forms in which it can write its data.
        **more: More for click.
    """

    def decorate(function: Callable[..., Exit | None]) -> click.Command:
        @functools.wraps(function)
        def run(profile: str | None, region: str | None, endpoint_url: str | None, form: Format, **own: Any) -> None:
            output = Output(form)
            context = Context(Aws(Account(profile=profile, region=region, endpoint_url=endpoint_url)), output)
            click.get_current_context().exit(run_safely(lambda: function(context, **own), output))

        decorated = cast("Any", run)
        for option in reversed((*_OPTIONS, _form(forms))):
            decorated = option(decorated)
        epilog = "\b\nExamples:\n" + "\n".join(f"  {line}" for line in examples.strip().splitlines())
        return click.command(name, epilog=epilog, context_settings=_SETTINGS, **more)(decorated)

    return decorate


def run_safely(body: Callable[[], Exit | None], output: Output) -> int:
    """Run a command and return its exit code; write what ended it to standard error."""
    try:
        return int(body() or Exit.OK)
    except click.ClickException:
        raise
    except (click.exceptions.Exit, click.Abort):
        raise
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        return Exit.OK
    except KeyboardInterrupt:
        output.note("interrupted")
        return Exit.INTERRUPTED
    except Exception as error:
        problem = explained(error)
        output.note(f"error: {problem}")
        if problem.more:
            output.note(problem.more)
        return problem.code


def selects(function: Any) -> Any:
    """Add the options that select failures; the function gets a `Selection`."""

    @functools.wraps(function)
    def run(
        context: Context,
        ids: tuple[str, ...],
        condition: str | None,
        reason: str | None,
        error_type: str | None,
        older: str | None,
        newer: str | None,
        group: str | None,
        in_doubt: bool,
        **own: Any,
    ) -> Any:
        most = own.pop("max_replays", None)
        selection = Selection(
            ids=frozenset(ids),
            where=None if condition is None else expression(condition),
            reason=reason,
            type=error_type,
            before=None if older is None else time_before(older, context.now),
            after=None if newer is None else time_before(newer, context.now),
            group=group,
            in_doubt=_in_doubt() if in_doubt else None,
            max_replays=most,
        )
        return function(context, selection=selection, **own)

    decorated: Any = run
    for option in reversed(_SELECTION):
        decorated = option(decorated)
    return decorated


def _in_doubt() -> frozenset[str]:
    from redrive_cli.replay.journal import all_in_doubt, folder

    return all_in_doubt(folder())


#: The option that holds back what was replayed too often.
MAX_REPLAYS_OPTION = click.option(
    "--max-replays",
    type=click.IntRange(min=1),
    default=MAX_REPLAYS,
    show_default=True,
    metavar="N",
    help="Hold back what was brought back N times.",
)
YES = click.option("--yes", "-y", is_flag=True, help="Do not ask; also look where a look may move messages.")


def confirm(question: str, *, yes: bool, output: Output) -> bool:
    """Ask, and return the answer.

    Raises:
        Problem: There is no terminal to ask at.
    """
    if yes:
        return True
    if not is_a_terminal(sys.stdin):
        raise Problem(f"{question} There is no terminal to answer at: give --yes", Exit.USAGE)
    answered = click.confirm(question, default=False, err=True)
    if not answered:
        output.note("nothing was changed")
    return answered
