"""Defines the exceptions for templates and assemblies that cannot be read."""

from __future__ import annotations


class TemplateError(ValueError):
    """A template cannot be read, or AWS would refuse to deploy it.

    Examples: an unknown expression, a parameter without a value, a setting outside its range.
    """


class AssemblyError(ValueError):
    """A cloud assembly, or a stack, asset or handler in it, is missing or ambiguous."""


class UnknownNameError(LookupError):
    """A name matches nothing in the template, or more than one thing. The message lists the names that exist."""
