"""Writes findings for people, in lines of 80 characters."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import wrap

from redrive_cli.check.reported import Reported
from redrive_cli.output.terminal import WIDTH, printable
from redrive_cli.output.words import count
from redrive_model.rules.catalogue import rule_named


def as_text(found: Sequence[Reported]) -> list[str]:
    """Return the lines for findings; of acknowledged ones, the reason only."""
    lines: list[str] = []
    for each in found:
        finding = each.finding
        lines += _wrapped(f"{each.level}: {finding.resource}", "  ")
        lines += [f"  {place}" for place in each.locations[:1] if place is not None]
        lines += [f"  {finding.rule}"]
        if each.acknowledged is not None:
            lines += [*_wrapped(f"  acknowledged ({each.acknowledged.place}): {each.acknowledged.reason}", "    "), ""]
            continue
        lines += _wrapped(f"    {finding.sentence}", "    ")
        rule = rule_named(finding.rule)
        lines += [] if rule is None else [f"    {source}" for source in rule.sources]
        lines.append("")
    return [*lines, summary(found)]


def summary(found: Sequence[Reported]) -> str:
    """Return the counts in one line."""
    open_ones = [each for each in found if each.counts]
    if not found:
        return "no findings"
    errors = sum(each.level == "error" for each in open_ones)
    parts = [count(errors, "error"), count(len(open_ones) - errors, "warning")]
    acknowledged = len(found) - len(open_ones)
    return ", ".join(parts) + (f"; {acknowledged:,} acknowledged" if acknowledged else "")


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(printable(text), WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
