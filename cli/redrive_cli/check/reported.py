"""Puts findings together with their places in files and their acknowledgements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

from redrive_cli.check.acknowledgements import Acknowledgement
from redrive_cli.stacks.lines import line_of, lines_of
from redrive_model.findings import Finding
from redrive_model.rules.catalogue import rule_named
from redrive_model.template.template import Resource

#: `error`: AWS refuses it, or events would be lost. `warning`: it is risky.
Level = Literal["error", "warning"]


class Location(NamedTuple):
    """The place of a resource in a file.

    Attributes:
        path: Path of the file.
        line: Its first line, counted from 1; `None` if it is not found there.
    """

    path: Path
    line: int | None

    def __str__(self) -> str:
        """Return it as compilers write it."""
        return str(self.path) if self.line is None else f"{self.path}:{self.line}"


class Reported(NamedTuple):
    """A finding to report.

    Attributes:
        finding: The finding.
        level: Its level.
        locations: A location for each resource in `finding.where`, `None` for one without a file.
        acknowledged: The acknowledgement, if there is one.
    """

    finding: Finding
    level: Level
    locations: tuple[Location | None, ...]
    acknowledged: Acknowledgement | None

    @property
    def counts(self) -> bool:
        """Return True if nobody has acknowledged it."""
        return self.acknowledged is None

    def as_data(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        rule = rule_named(self.finding.rule)
        where = zip(self.finding.where, self.locations, strict=True)
        return {
            "rule": self.finding.rule,
            "level": self.level,
            "severity": self.finding.severity,
            "resource": self.finding.resource,
            "sentence": self.finding.sentence,
            "source": None if rule is None else rule.source,
            "where": [_place(*each) for each in where],
            "acknowledged": None if self.acknowledged is None else self.acknowledged._asdict(),
        }


def _place(resource: Resource, location: Location | None) -> dict[str, Any]:
    return {
        "logical_id": resource.logical_id,
        "type": resource.kind,
        "path": resource.path,
        "stack": resource.stack or None,
        "file": None if location is None else str(location.path),
        "line": None if location is None else location.line,
    }


def reported(
    findings: Iterable[Finding], acknowledged: Sequence[Acknowledgement], files: Mapping[str, Path]
) -> list[Reported]:
    """Return findings with their locations and acknowledgements, errors first.

    Args:
        findings: The findings.
        acknowledged: The acknowledgements.
        files: Paths of the templates' files by stack.
    """
    lines = cache(lines_of)

    def location(resource: Resource) -> Location | None:
        path = files.get(resource.stack)
        return None if path is None else Location(path, line_of(resource.logical_id, lines(path)))

    made = [
        Reported(
            each,
            "warning" if each.severity == "warning" else "error",
            tuple(map(location, each.where)),
            next((one for one in acknowledged if one.covers(each)), None),
        )
        for each in findings
    ]
    return sorted(made, key=lambda each: (each.level != "error", each.finding.resource, each.finding.rule))
