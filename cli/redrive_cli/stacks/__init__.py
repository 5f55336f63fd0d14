"""Reads the stacks that a person names: a cloud assembly, a template, or a deployed stack."""
