"""The command line `redrive`: loads a command only when it is run."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import click

# Each command: its module, and what the list of commands says of it, so that the list loads none of them.
_COMMANDS = {
    "explain": ("explain", "Say where each event that fails ends, and when."),
    "check": ("check", "Check a template or a deployed stack: what would lose events."),
    "simulate": ("simulate", "Play a scenario of events and faults on a stack."),
    "failures": ("failures", "List what has failed: places, kinds, counts, ages and reasons."),
    "show": ("show", "Show one failure: payload, reason, history, log lines."),
    "replay": ("replay", "Bring failures back to where they came from, after a preview."),
    "archive": ("archive", "Write failures to a file or to S3, to replay them later or elsewhere."),
    "drop": ("drop", "Delete failures, after they were archived."),
    "watch": ("watch", "Show live counts of all places."),
    "circuits": ("circuits", "List circuits with state and cause; open or close one by hand."),
    "forget": ("forget", "Delete an idempotency record, after showing it."),
}


class LazyGroup(click.Group):
    """A group of commands that are loaded when they are run."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands, in their order."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        if cmd_name not in _COMMANDS:
            return None
        found: Any = import_module(f"redrive_cli.commands.{_COMMANDS[cmd_name][0]}")
        return found.command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in _COMMANDS.items()])

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run a command; a command line that is not valid ends with the AWS CLI's exit code."""
        if not kwargs.pop("standalone_mode", True):
            return super().main(*args, standalone_mode=False, **kwargs)
        import sys

        try:
            sys.exit(super().main(*args, standalone_mode=False, **kwargs) or 0)
        except click.UsageError as error:
            error.show()
            sys.exit(252)
        except click.ClickException as error:
            error.show()
            sys.exit(255)
        except (click.Abort, KeyboardInterrupt):
            sys.stderr.write("interrupted\n")
            sys.exit(130)


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 80},
    epilog="\b\nExamples:\n  redrive failures Shop\n  redrive replay Shop --reason 'timed out' --dry-run",
)
@click.version_option(package_name="redrive", prog_name="redrive")
def main() -> None:
    """See what has failed in AWS Lambda, and bring it back.

    WHERE is a deployed stack, a queue (name, URL or ARN), a bucket prefix (s3://bucket/prefix) or an archive (a .jsonl
    file). None of it needs Redrive's constructs.
    """
