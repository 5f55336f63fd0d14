"""Cuts lists into pages, with tokens that name the place at which the next page begins."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from typing import TypeVar

from redrive_simulator.services.refusals import Refused

T = TypeVar("T")

_START = "page:"


def page(items: Sequence[T], most: int, token: str | None, refused: Refused) -> tuple[list[T], str | None]:
    """Return a page of a list, and the token of the next page; `None` if it is the last one.

    Args:
        items: The whole list.
        most: Items of a page.
        token: Token that the page before has come with; `None` for the first page.
        refused: Raised if the token is none of ours.
    """
    first = 0 if token is None else _position(token)
    if first is None or first > len(items):
        raise refused
    end = first + most
    return list(items[first:end]), None if end >= len(items) else urlsafe_b64encode(f"{_START}{end}".encode()).decode()


def _position(token: str) -> int | None:
    try:
        text = urlsafe_b64decode(token).decode()
    except ValueError:
        return None
    number = text.removeprefix(_START)
    return int(number) if text.startswith(_START) and number.isdecimal() else None
