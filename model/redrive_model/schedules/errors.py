"""Defines the exception for schedule expressions that AWS refuses."""

from __future__ import annotations


class ScheduleError(ValueError):
    """AWS refuses the expression. The message names the value, the rule and the remedy."""
