"""Reads WHAT: a cloud assembly, a template in JSON, YAML or SAM, or a deployed stack."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redrive_cli.aws import Aws
from redrive_cli.errors import Usage
from redrive_cli.stacks.files import of_assembly, of_file
from redrive_model.resources.stack import Stack, stack_of
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place, Template

#: Stands for account and Region of stacks that are not bound to any.
ANYWHERE = Place("eu-west-1", "111111111111", bound=False)
#: Endings of files; a name with one of them is no stack.
_FILES = (".json", ".yaml", ".yml", ".template")


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """Stacks that were read together.

    Attributes:
        name: As it was given.
        sources: The templates as they were read.
        stack: Their resources.
        notes: Remarks for the person, such as what could not be read.
    """

    name: str
    sources: Sequence[StackTemplate]
    stack: Stack
    notes: Sequence[str] = ()
    files: Mapping[str, Path] = field(default_factory=dict[str, Path])


def read(aws: Aws, what: str) -> Read:
    """Read what a person names; AWS is only asked for what is no file.

    Args:
        aws: The account.
        what: The folder of a cloud assembly, the file of a template, or the name of a deployed stack.

    Raises:
        Problem: There is nothing of that name, or it cannot be read.
    """
    path = Path(what)
    if path.is_dir():
        sources, notes = of_assembly(path, ANYWHERE)
    elif path.is_file():
        sources, notes = of_file(path, ANYWHERE)
    elif "/" in what or "\\" in what or what.lower().endswith(_FILES):
        raise Usage(
            f"{what} is neither a file nor a folder: WHAT is a cloud assembly (the folder that `cdk synth` writes), a "
            "template (JSON, YAML or SAM) or the name of a deployed stack"
        )
    else:
        from redrive_cli.stacks.deployed import read_deployed

        sources, template, notes = read_deployed(aws, what)
        return _made(what, sources, template, notes)
    return _made(what, sources, merged(read_templates(sources)), notes)


def _made(what: str, sources: Sequence[StackTemplate], template: Template, notes: Sequence[str]) -> Read:
    files = {each.stack: each.file for each in sources if each.file is not None}
    return Read(name=what, sources=sources, stack=stack_of(template), notes=notes, files=files)
