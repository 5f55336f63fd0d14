"""Compares content with what services take."""

from __future__ import annotations


def too_large(text: str, most: int, taken: str) -> str | None:
    """Return a refusal if text has more bytes than a target takes, or `None`."""
    size = len(text.encode())
    return f"{size:,} bytes are more than {taken}" if size > most else None
