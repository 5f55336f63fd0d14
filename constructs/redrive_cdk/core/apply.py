"""Applies rules at synthesis: raises ValueError for settings that cannot work, and warns about risky ones."""

from __future__ import annotations

from typing import TypeVar

from aws_cdk import Annotations
from constructs import Construct

from redrive_cdk.core.tree import path_of
from redrive_model.rules.rule import Rules

F = TypeVar("F")


def apply(construct: Construct, rules: Rules[F], facts: F) -> None:
    """Raise ValueError for the first broken rule that is no warning, or else warn for each broken rule."""
    for sentence in rules.refused(facts):
        raise ValueError(f"{path_of(construct)}: {sentence}")
    for rule_id, sentence in rules.warned(facts):
        Annotations.of(construct).add_warning_v2(rule_id, sentence)
