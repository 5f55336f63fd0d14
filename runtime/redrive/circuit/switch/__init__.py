"""Pauses and resumes event source mappings as a circuit opens and closes."""
