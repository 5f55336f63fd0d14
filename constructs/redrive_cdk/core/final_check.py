"""Checks constructs again when an app is synthesized, from the templates: after Aspects, overrides and later changes.

The check at construction sees what is known then. Only a validation plugin of the CDK sees the templates:
https://docs.aws.amazon.com/cdk/v2/guide/policy-validation-synthesis.html
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple, cast

import jsii
from aws_cdk import (
    Annotations,
    CfnResource,
    IPolicyValidationContext,
    IPolicyValidationPlugin,
    PolicyValidationPluginReport,
    PolicyViolatingResource,
    PolicyViolation,
    Stack,
    Stage,
    Validations,
)
from constructs import Construct, IConstruct

from redrive_cdk.core.tree import node_of, once, path_of, root_of, stack_of
from redrive_model import limits
from redrive_model.findings import Finding, findings_of
from redrive_model.resources.stack import stack_of as resources_of
from redrive_model.rules.wording import for_constructs
from redrive_model.template.assembly import stacks_in
from redrive_model.template.names import without_default_child
from redrive_model.template.several import StackTemplate, merged, read_templates
from redrive_model.template.template import Place, Resource

#: Stands for account and Region of stacks that are not bound to any.
ANYWHERE = Place("eu-west-1", "111111111111", bound=False)
_NAME = "Redrive"


class Checked(NamedTuple):
    """A construct of ours that is checked again.

    Attributes:
        construct: The construct.
        paths: Paths of what it works with: its function, its source.
    """

    construct: Construct
    paths: frozenset[str]

    def contains(self, resource: Resource) -> bool:
        """Return whether a resource is inside the construct."""
        return f"{resource.path}/".startswith(f"{path_of(self.construct)}/")

    def works_with(self, resource: Resource) -> bool:
        """Return whether a resource is the construct's function or source."""
        return resource.path in self.paths


def check_everything(app: IConstruct, account_concurrency: int) -> None:
    """Have all that an app deploys checked when it is synthesized; raise ValueError if it is no app."""
    check = _check_of(app) if root_of(app) is app else None
    if check is None:
        raise ValueError(f"{path_of(app)} is no app: the templates of a whole app are checked together; give the App")
    check.everything, check.account_concurrency = True, account_concurrency


def check_finally(construct: Construct, *parts: IConstruct | None) -> None:
    """Have a construct checked again when its app is synthesized.

    Args:
        construct: The construct.
        *parts: What it works with: its function, its source.
    """
    check = _check_of(root_of(stack_of(construct)))
    if check is not None:
        check.checked.append(Checked(construct, frozenset(path_of(each) for each in parts if each is not None)))


@once
def _check_of(root: IConstruct) -> FinalCheck | None:
    if not Stage.is_stage(root):
        return None
    check = FinalCheck(root)
    Validations.of(root).add_plugins(cast("IPolicyValidationPlugin", check))
    return check


@jsii.implements(IPolicyValidationPlugin)
class FinalCheck:
    """Applies the rules to the templates of an app, and reports what concerns the constructs of ours, or everything.

    Args:
        root: The app.

    Attributes:
        checked: The constructs.
        everything: Whether what concerns none of them is reported, too.
        account_concurrency: Concurrent invocations of the account.
    """

    def __init__(self, root: IConstruct) -> None:
        self._root = root
        self.checked: list[Checked] = []
        self.everything = False
        self.account_concurrency = limits.ACCOUNT_CONCURRENCY

    @property
    def name(self) -> str:
        """Name of the plugin in the CDK's report."""
        return _NAME

    @property
    def rule_ids(self) -> list[str] | None:
        """Ids of the rules, which the CDK would send to AWS."""
        return None

    @property
    def version(self) -> str | None:
        """Version of the plugin, which the CDK would send to AWS."""
        return None

    def validate(self, context: IPolicyValidationContext) -> PolicyValidationPluginReport:
        """Check the templates.

        Args:
            context: The CDK's context.

        Returns:
            The findings, without acknowledged warnings and those that were reported at construction.
        """
        violations = [each for folder in _folders(context.template_paths) for each in self._violations_in(folder)]
        return PolicyValidationPluginReport(
            success=all(each.severity != "error" for each in violations), violations=violations
        )

    def _violations_in(self, folder: Path) -> Iterator[PolicyViolation]:
        stacks = stacks_in(folder, ANYWHERE)
        if self.checked and not all(map(_names_constructs, stacks)):
            paths = _paths_in(self._root)
            stacks = [replace(each, paths={**paths.get(_file_of(each), {}), **each.paths}) for each in stacks]
        files = {each.stack: str(each.file) for each in stacks}
        resources = resources_of(merged(read_templates(stacks)))
        for finding in findings_of(resources, account_concurrency=self.account_concurrency, wording=for_constructs):
            construct = self._concerned(finding)
            if construct is None and self.everything:
                construct = _at(self._root, finding.where[0].path)
            if construct is None:
                continue
            if finding.severity == "warning" and not _warns(construct, finding.rule, finding.sentence):
                continue
            yield _violation(finding, files)

    def _concerned(self, finding: Finding) -> Construct | None:
        for concerns in (Checked.contains, Checked.works_with):
            for resource in finding.where:
                found = [each.construct for each in self.checked if concerns(each, resource)]
                if found:
                    return max(found, key=lambda construct: len(path_of(construct)))  # the innermost
        return None


def _names_constructs(stack: StackTemplate) -> bool:
    """Return whether the paths of constructs are known for any resource; true for a stack without resources."""
    resources: Mapping[str, Mapping[str, Any]] = stack.template.get("Resources") or {}
    return (
        not resources
        or bool(stack.paths)
        or any("aws:cdk:path" in each.get("Metadata", ()) for each in resources.values())
    )


def _at(root: IConstruct, path: str | None) -> Construct:
    """Return the construct with a path, or the innermost around it that there is."""
    found = root
    for id in path.split("/") if path else ():
        child = node_of(found).try_find_child(id)
        if child is None:
            break
        found = child
    return cast("Construct", found)


def _folders(templates: list[str]) -> list[Path]:
    """Return the assemblies of templates, without those inside others."""
    folders = {Path(each).parent for each in templates}
    return sorted(each for each in folders if not folders.intersection(each.parents))


def _warns(construct: IConstruct, rule: str, sentence: str) -> bool:
    """Warn at a construct; return whether that made a difference, so that it is neither acknowledged nor known."""
    metadata = construct.node.metadata
    Annotations.of(construct).add_warning_v2(rule, sentence)
    return len(construct.node.metadata) > len(metadata)


def _paths_in(root: IConstruct) -> Mapping[str, Mapping[str, str]]:
    """Return the paths of all resources by logical id, by the names of the templates' files. Each is a question."""
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for each in node_of(root).find_all():
        if CfnResource.is_cfn_resource(each):
            stack = stack_of(each)
            path = without_default_child(path_of(each))
            found[_template_file_of(stack)][stack.resolve(cast("CfnResource", each).logical_id)] = path
    return found


@once
def _template_file_of(stack: Stack) -> str:
    """Return the name of a stack's template."""
    return stack.template_file


def _file_of(stack: StackTemplate) -> str:
    return "" if stack.file is None else stack.file.name


def _violation(finding: Finding, files: dict[str, str]) -> PolicyViolation:
    options: dict[str, Any] = {"rule_name": finding.rule, "description": finding.sentence}
    return PolicyViolation(
        **options,
        severity="warning" if finding.severity == "warning" else "error",
        violating_resources=[
            PolicyViolatingResource(
                resource_logical_id=each.logical_id,
                template_path=files[each.stack],
                locations=[],
                construct_path=each.path,
            )
            for each in finding.where
        ],
    )
