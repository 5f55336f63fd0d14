"""Reads a deployed stack: its template, with what its resources are set to now."""

from __future__ import annotations

from collections.abc import Sequence

from redrive_cli.aws import Aws
from redrive_cli.places.find import unknown_stack
from redrive_cli.places.stack import exports_of, templates_of
from redrive_cli.stacks.actual import with_actual
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Template


def read_deployed(aws: Aws, name: str) -> tuple[Sequence[StackTemplate], Template, Sequence[str]]:
    """Return the templates of a deployed stack and those nested in it, their resources, and remarks.

    The remarks say where AWS has other values than the template.

    Raises:
        Problem: There is no stack of that name.
    """
    sources = templates_of(aws, name)
    if not sources:
        raise unknown_stack(aws, name)
    template, differences = with_actual(merged(read_templates(sources, exports_of(aws))), aws)
    return sources, template, differences
