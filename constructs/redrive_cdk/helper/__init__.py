"""Brings the runtime helper and its settings into a function."""
