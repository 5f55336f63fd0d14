"""Compares stacks with all rules, without side effects."""
