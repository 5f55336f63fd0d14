"""Reads templates from files: cloud assemblies, and templates in JSON, YAML or SAM."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from redrive_cli.errors import Exit, Problem, Usage
from redrive_model.template.assembly import nested_name, stacks_in
from redrive_model.template.errors import AssemblyError, TemplateError
from redrive_model.template.for_each import LANGUAGE_EXTENSIONS, LOOP, without_loops
from redrive_model.template.sam import SAM, translated
from redrive_model.template.several import StackTemplate
from redrive_model.template.template import OpenTemplate, Place, transforms_of
from redrive_model.template.yaml_template import read_yaml


def of_assembly(folder: Path, place: Place) -> tuple[list[StackTemplate], list[str]]:
    """Read the output of `cdk synth`, with remarks on what it holds that is not read.

    Raises:
        Usage: The folder is no cloud assembly, or has no stack.
    """
    try:
        found = stacks_in(folder, place)
    except AssemblyError as error:
        raise Usage(str(error)) from None
    if not found:
        raise Usage(f"{folder} has no stacks: run `cdk synth`, and give the folder that it writes")
    names = {each.stack for each in found}
    not_read = [
        f"{each.stack}: the nested stack {id} is not read; give its template"
        for each in found
        for id, resource in _resources(each.template).items()
        if resource.get("Type") == "AWS::CloudFormation::Stack" and nested_name(each.stack, id) not in names
    ]
    return found, not_read


def of_file(path: Path, place: Place) -> tuple[list[StackTemplate], list[str]]:
    """Read a template's file, with remarks on what is not read.

    Raises:
        Usage: It is no template.
    """
    template = _template(path)
    transforms = transforms_of(template)
    try:
        if LANGUAGE_EXTENSIONS in transforms:
            value = OpenTemplate(template, place, {}).expressions.value
            template = without_loops(template, value, allowed=True)
        if SAM in transforms:
            template = translated(template, place.region)
    except ImportError as error:
        raise Problem(str(error), Exit.CONFIGURATION) from None
    except TemplateError as error:
        raise Usage(str(error)) from None
    notes = [
        f"the transform {each} runs at deployment: what it adds is not read"
        for each in transforms
        if each not in (SAM, LANGUAGE_EXTENSIONS)
    ]
    notes += [
        f"the nested stack {id} is not read; give its template"
        for id, resource in _resources(template).items()
        if resource.get("Type") == "AWS::CloudFormation::Stack"
    ]
    return [StackTemplate(stack="", template=template, place=place, file=path)], notes


def _template(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
        found: Any = json.loads(text) if text.lstrip().startswith("{") else read_yaml(text)
    except ModuleNotFoundError:
        raise
    except Exception as error:
        raise Usage(f"{path} cannot be read as JSON or YAML: {error}") from None
    resources: Any = found.get("Resources") if isinstance(found, Mapping) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    if not isinstance(resources, Mapping) or not all(
        str(id).startswith(LOOP) or (isinstance(each, Mapping) and "Type" in each)  # pyright: ignore[reportUnknownArgumentType]
        for id, each in resources.items()  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    ):
        raise Usage(
            f"{path} is no template of CloudFormation: it has no Resources with a Type each; for the Serverless "
            "Framework, run `serverless package` and give .serverless/cloudformation-template-update-stack.json"
        )
    return cast("Mapping[str, Any]", found)


def _resources(template: Mapping[str, Any]) -> Mapping[str, Any]:
    return template.get("Resources") or {}
