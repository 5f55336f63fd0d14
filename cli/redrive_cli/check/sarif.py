"""Writes findings as SARIF, which code hosts show at the lines they concern.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from redrive_cli.check.reported import Location, Reported
from redrive_model.rules.catalogue import rule_named
from redrive_model.template.template import Resource

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def as_sarif(found: Sequence[Reported], version: str) -> dict[str, Any]:
    """Return findings as a SARIF log with one run.

    Args:
        found: The findings.
        version: Version of this program.
    """
    rules = sorted({each.finding.rule: each.level for each in found}.items())
    numbers = {id: number for number, (id, _) in enumerate(rules)}
    driver = {"name": "redrive", "version": version, "rules": [_rule(*each) for each in rules]}
    results = [_result(each, numbers[each.finding.rule]) for each in found]
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}],
    }


def _rule(id: str, level: str) -> dict[str, Any]:
    rule = rule_named(id)
    made: dict[str, Any] = {"id": id, "defaultConfiguration": {"level": level}}
    if rule is not None:
        made["shortDescription"] = {"text": rule.why[0]}
        if rule.source is not None:
            made["helpUri"] = rule.source
    return made


def _result(each: Reported, number: int) -> dict[str, Any]:
    finding = each.finding
    places = [_location(*place) for place in zip(finding.where, each.locations, strict=True)]
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": each.level,
        "message": {"text": f"{finding.resource}: {finding.sentence}"},
        "locations": places[:1],
        # The same finding in the next run, also if lines have moved.
        "partialFingerprints": {"redrive/v1": _fingerprint(each)},
    }
    if places[1:]:
        result["relatedLocations"] = [{**place, "id": id} for id, place in enumerate(places[1:])]
    if each.acknowledged is not None:
        result["suppressions"] = [{"kind": "external", "justification": each.acknowledged.reason}]
    return result


def _location(resource: Resource, location: Location | None) -> dict[str, Any]:
    made: dict[str, Any] = {
        "logicalLocations": [
            {"name": resource.logical_id, "fullyQualifiedName": resource.shown, "kind": "resource"},
        ]
    }
    if location is not None:
        physical: dict[str, Any] = {"artifactLocation": {"uri": _uri(location.path)}}
        if location.line is not None:
            physical["region"] = {"startLine": location.line}
        made["physicalLocation"] = physical
    return made


def _uri(path: Path) -> str:
    return path.as_uri() if path.is_absolute() else path.as_posix()


def _fingerprint(each: Reported) -> str:
    names = [each.finding.rule, *(f"{where.stack}/{where.logical_id}" for where in each.finding.where)]
    return sha256("\n".join(names).encode()).hexdigest()[:32]
