"""Reads a cloud assembly: its templates, and the code of its functions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from redrive_model.template.errors import AssemblyError
from redrive_model.template.names import without_default_child
from redrive_model.template.several import StackTemplate
from redrive_model.template.template import Place

#: Name of the metadata with which the CDK writes what `Validations.of(construct).acknowledge(…)` says.
ACKNOWLEDGED = "aws:cdk:acknowledged-rules"
# The name of an asset, at the end of its address.
_HASH = re.compile(r"([0-9a-f]{64})\.")
# Stands for a path that is not known, which no path begins with.
_NO_PATH = "-"


class Assembly:
    """The output of `cdk synth` in `folder`.

    Attributes:
        folder: The folder.
        artifacts: The artifacts of its manifest by id.

    Raises:
        AssemblyError: `folder` has no `manifest.json`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            manifest: Mapping[str, Any] = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise AssemblyError(
                f"{folder} is no cloud assembly, it has no manifest.json: run `cdk synth`, or app.synth(), and give "
                "the folder that it writes"
            ) from None
        self.artifacts: Mapping[str, Mapping[str, Any]] = manifest.get("artifacts") or {}
        self._stacks = {
            str(artifact.get("properties", {}).get("stackName") or id): (id, artifact)
            for id, artifact in self.artifacts.items()
            if artifact.get("type") == "aws:cloudformation:stack"
        }
        self._stack: str = ""

    def template_of(self, stack: str | None) -> Mapping[str, Any]:
        """Return a stack's template.

        Args:
            stack: Stack name or artifact id. `None`: the only stack.

        Raises:
            AssemblyError: No stack has that name, or there is not exactly one to choose.
        """
        by_id = dict(self._stacks.values())
        if stack is None and len(by_id) == 1:
            ((self._stack, artifact),) = by_id.items()
        elif stack is not None and stack in self._stacks:
            self._stack, artifact = self._stacks[stack]
        elif stack is not None and stack in by_id:
            self._stack, artifact = stack, by_id[stack]
        else:
            names = ", ".join(self._stacks) or "none"
            raise AssemblyError(f"{self.folder} has the stacks {names}: give stack= one of them, not {stack!r}")
        path = self.folder / artifact["properties"]["templateFile"]
        template: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return template


def stacks_in(folder: Path, place: Place) -> list[StackTemplate]:
    """Read the templates of all stacks of a cloud assembly, those of its stages and nested stacks included.

    Args:
        folder: The output of `cdk synth`.
        place: Account and Region of stacks that set none.

    Raises:
        AssemblyError: `folder` has no `manifest.json`.
    """
    return list(_stacks_in(folder, place))


def _stacks_in(folder: Path, place: Place) -> Iterator[StackTemplate]:
    for id, artifact in Assembly(folder).artifacts.items():
        properties: Mapping[str, Any] = artifact.get("properties") or {}
        if artifact.get("type") == "cdk:cloud-assembly":
            yield from _stacks_in(folder / properties["directoryName"], place)
        elif artifact.get("type") == "aws:cloudformation:stack":
            metadata = _metadata_in(folder, artifact)
            file = folder / properties["templateFile"]
            stack = StackTemplate(
                stack=str(properties.get("stackName") or id),
                template=json.loads(file.read_text(encoding="utf-8")),
                place=_place_of(str(artifact.get("environment", "")), place),
                acknowledged=_acknowledged_in(metadata),
                file=file,
            )
            yield from _with_nested(stack, _logical_ids_in(metadata), "")


def nested_name(stack: str, id: str) -> str:
    """Return the name of the stack that a resource of another one nests."""
    return f"{stack}-{id}"


def _with_nested(stack: StackTemplate, logical_ids: Mapping[str, str], around: str) -> Iterator[StackTemplate]:
    """Yield a stack and the stacks nested in it.

    Args:
        stack: The stack.
        logical_ids: Logical ids by the path of each construct in the stack and in those nested in it.
        around: Path of the stack if it is nested.
    """
    assert stack.file is not None
    own = {path: id for path, id in logical_ids.items() if path.startswith(f"{around}/" if around else "")}
    files = _nested_in(stack.template, stack.file.parent)
    # The CDK puts the resource `<id>.NestedStack/<id>.NestedStackResource` beside the nested stack `<id>`.
    insides = {
        id: path.rpartition("/")[0].removesuffix(".NestedStack")
        for path, id in own.items()
        if id in files and path.endswith(".NestedStackResource")
    }
    inner = tuple(f"{path}/" for path in insides.values())
    paths = {id: without_default_child(path) for path, id in own.items() if not path.startswith(inner)}
    yield replace(stack, paths=paths)
    for id, file in files.items():
        nested = StackTemplate(
            stack=nested_name(stack.stack, id),
            template=json.loads(file.read_text(encoding="utf-8")),
            place=stack.place,
            file=file,
            parent=stack.stack,
            passed=stack.template["Resources"][id]["Properties"].get("Parameters") or {},
        )
        yield from _with_nested(nested, logical_ids, insides.get(id, _NO_PATH))


def _nested_in(template: Mapping[str, Any], folder: Path) -> dict[str, Path]:
    """Return the files of nested stacks by the logical ids of their resources."""
    resources: Mapping[str, Any] = template.get("Resources") or {}
    hashes: dict[str, str] = {}
    for id, resource in resources.items():
        if resource.get("Type") == "AWS::CloudFormation::Stack":
            properties: Mapping[str, Any] = resource.get("Properties") or {}
            found = _HASH.findall(json.dumps(properties.get("TemplateURL")))
            hashes |= {id: found[-1]} if found else {}
    files: dict[str, Path] = {}
    for manifest in folder.glob("*.assets.json") if hashes else ():
        assets: Mapping[str, Any] = json.loads(manifest.read_text(encoding="utf-8")).get("files") or {}
        files |= {name: folder / str(asset.get("source", {}).get("path")) for name, asset in assets.items()}
    return {id: files[each] for id, each in hashes.items() if each in files and files[each].exists()}


def _place_of(environment: str, default: Place) -> Place:
    account, _, region = environment.removeprefix("aws://").partition("/")
    no_region, no_account = region in ("", "unknown-region"), account in ("", "unknown-account")
    return Place(
        default.region if no_region else region,
        default.account if no_account else account,
        bound=default.bound or not (no_region or no_account),
    )


def _metadata_in(folder: Path, artifact: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the entries of metadata by the path of their construct."""
    if "additionalMetadataFile" in artifact:
        return json.loads((folder / artifact["additionalMetadataFile"]).read_text(encoding="utf-8"))
    return artifact.get("metadata") or {}


def _logical_ids_in(metadata: Mapping[str, Any]) -> dict[str, str]:
    """Return the logical ids of resources by the paths of their constructs, nested stacks included."""
    return {
        path.removeprefix("/"): str(entry["data"])
        for path, entries in metadata.items()
        for entry in entries
        if entry.get("type") == "aws:cdk:logicalId"
    }


def _acknowledged_in(metadata: Mapping[str, Any]) -> dict[str, dict[str, str]]:
    """Return the reasons by rule that constructs acknowledge, by their paths.

    https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
    """
    found: dict[str, dict[str, str]] = {}
    for path, entries in metadata.items():
        for entry in entries:
            if entry.get("type") == ACKNOWLEDGED:
                reasons = found.setdefault(without_default_child(path.removeprefix("/")), {})
                given: Mapping[str, Any] = entry.get("data") or {}
                reasons |= {id: str(reason) for id, reason in given.items()}
    return found
