"""Lets `random`, `uuid` and `secrets` draw from the seed of a simulation: the same seed gives the same history."""

from __future__ import annotations

import random
import uuid
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch


class Chance:
    """The random numbers of handlers.

    Args:
        seed: Seed.
    """

    def __init__(self, seed: int | str) -> None:
        self._state: Any = random.Random(f"{seed} random").getstate()
        self._bytes = random.Random(f"{seed} urandom")
        self._node = random.Random(f"{seed} node").getrandbits(48) | (1 << 40)  # a multicast address: of no machine

    def urandom(self, size: int) -> bytes:
        """Return bytes in place of `os.urandom`, from which `uuid4`, `secrets` and `SystemRandom` draw."""
        return self._bytes.randbytes(size)

    @contextmanager
    def drawn(self) -> Generator[None]:
        """Let `random`, and `uuid1`, draw from the seed."""
        outside = random.getstate()
        random.setstate(self._state)
        try:
            with ExitStack() as stack:
                # Without these, `uuid1` uses the time and the address of the machine.
                for name, value in (("_generate_time_safe", None), ("_node", self._node), ("_last_timestamp", None)):
                    stack.enter_context(patch.object(uuid, name, value))
                yield
        finally:
            self._state = random.getstate()
            random.setstate(outside)
