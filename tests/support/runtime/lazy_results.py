"""Functions whose call runs none of their work."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator


def numbers() -> Iterator[int]:
    yield 1


@contextlib.contextmanager
def transaction() -> Iterator[None]:
    yield


async def charge() -> None: ...
