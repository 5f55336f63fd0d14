"""Checks of whole apps."""
