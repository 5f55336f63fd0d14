"""Reads which findings are acknowledged: in the metadata of the CDK, in `pyproject.toml`, on the command line."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, NamedTuple, cast

from redrive_cli.errors import Usage
from redrive_cli.stacks.read import Read
from redrive_model.findings import Finding
from redrive_model.template.assembly import ACKNOWLEDGED

_SECTION = "tool.redrive.check.ignore"
_FORM = 'give the reason as well: --ignore "redrive:no-bisect=batches are small"'


class Acknowledgement(NamedTuple):
    """One acknowledgement.

    Attributes:
        rule: Id of a rule.
        reason: The reason.
        place: Where it was found, for a message.
        resource: Path or name of the resource, in which `*` stands for anything.
        below: Whether it also counts for what is inside the construct.
    """

    rule: str
    reason: str
    place: str
    resource: str = "*"
    below: bool = False

    def covers(self, finding: Finding) -> bool:
        """Return whether it is about this finding."""
        return finding.rule == self.rule and any(map(self._names, _names_of(finding)))

    def _names(self, name: str) -> bool:
        return fnmatchcase(name, self.resource) or (self.below and name.startswith(f"{self.resource}/"))


def _names_of(finding: Finding) -> Iterator[str]:
    yield finding.resource
    for each in finding.where:
        yield from (each.shown, each.name, each.logical_id)


def acknowledgements(read: Read, given: Sequence[str], folder: Path) -> list[Acknowledgement]:
    """Return all acknowledgements, those of the command line first.

    Args:
        read: The stacks.
        given: What `--ignore` was given.
        folder: Where to look for `pyproject.toml`, also in the folders above.

    Raises:
        Usage: One of them has no reason, or a form that is not known.
    """
    return [*map(_given, given), *_of_project(folder), *_of_stacks(read)]


def _given(text: str) -> Acknowledgement:
    rule, found, reason = text.partition("=")
    if not found or not reason.strip():
        raise Usage(f"--ignore {text!r} has no reason: {_FORM}")
    return Acknowledgement(_rule(rule), reason.strip(), "--ignore")


def _rule(text: str) -> str:
    text = text.strip().rpartition("::")[2]  # the CDK writes `annotation::` before an id
    return text if text.startswith("redrive:") else f"redrive:{text}"


def _of_project(folder: Path) -> Iterator[Acknowledgement]:
    for each in (folder, *folder.resolve().parents):
        path = each / "pyproject.toml"
        if path.is_file():
            yield from _in_project(path)
            return


def _in_project(path: Path) -> Iterator[Acknowledgement]:
    try:
        found: Any = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise Usage(f"{path} cannot be read: {error}") from None
    for name in _SECTION.split("."):
        found = found.get(name, {}) if isinstance(found, Mapping) else {}  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    for rule, entry in cast("Mapping[str, Any]", found).items():
        entries: list[Any] = cast("list[Any]", entry) if isinstance(entry, list) else [entry]
        yield from (_entry(path, rule, each) for each in entries)


def _entry(path: Path, rule: str, entry: Any) -> Acknowledgement:
    given: Any = {"reason": entry} if isinstance(entry, str) else entry
    reason: Any = given.get("reason") if isinstance(given, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(reason, str) or not reason.strip():
        raise Usage(
            f'{path}: [{_SECTION}] has no reason for {rule!r}: write "{_rule(rule)}" = "the reason", or '
            '{ resource = "Shop/Orders*", reason = "the reason" }'
        )
    return Acknowledgement(_rule(rule), reason, str(path), str(given.get("resource", "*")))  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]


def _of_stacks(read: Read) -> Iterator[Acknowledgement]:
    for source in read.sources:
        for path, rules in source.acknowledged.items():
            for rule, reason in rules.items():
                yield Acknowledgement(_rule(rule), reason, f"Validations of {path}", path, below=True)
        resources: Mapping[str, Any] = source.template.get("Resources") or {}
        for logical_id, resource in resources.items():
            yield from _in_metadata(logical_id, resource.get("Metadata"))


def _in_metadata(logical_id: str, metadata: Any) -> Iterator[Acknowledgement]:
    rules: Any = metadata.get(ACKNOWLEDGED) if isinstance(metadata, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if rules is None:
        return
    if not isinstance(rules, Mapping):
        shown = json.dumps(rules, default=str)
        raise Usage(f"{logical_id}: {ACKNOWLEDGED} is {shown}: write an object of reasons by rule")
    for rule, reason in cast("Mapping[str, Any]", rules).items():
        if not str(reason or "").strip():
            raise Usage(f"{logical_id}: {ACKNOWLEDGED} has no reason for {rule!r}: write one")
        yield Acknowledgement(_rule(rule), str(reason), f"Metadata of {logical_id}", logical_id)


def unused(found: Iterable[Acknowledgement], findings: Sequence[Finding]) -> list[Acknowledgement]:
    """Return the acknowledgements that are about none of the findings."""
    return [each for each in found if not any(each.covers(finding) for finding in findings)]
