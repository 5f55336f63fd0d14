"""Failures as commands see them, and the readers of places."""
