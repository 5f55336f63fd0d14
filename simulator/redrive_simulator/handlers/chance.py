"""Lets `random`, `uuid` and `secrets` draw from the seed of a simulation: the same seed gives the same history."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable, Generator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

_seed_at_import = random.seed
_set_seed = random.Random.seed


class Chance:
    """The random numbers of handlers.

    Args:
        seed: Seed.

    Attributes:
        replacements: Functions in place of those of the modules `os` and `random`, by name.
    """

    def __init__(self, seed: int | str) -> None:
        self._state: Any = random.Random(f"{seed} random").getstate()
        self._bytes = random.Random(f"{seed} urandom")
        self._node = random.Random(f"{seed} node").getrandbits(48) | (1 << 40)  # a multicast address: of no machine
        self.replacements: Mapping[str, Callable[..., Any]] = {
            "urandom": self.urandom,
            "getrandom": self._getrandom,
            "seed": self._seed,
        }

    def urandom(self, size: int) -> bytes:
        """Return bytes in place of `os.urandom`, from which `uuid4`, `secrets` and `SystemRandom` draw."""
        return self._bytes.randbytes(size)

    def _getrandom(self, size: int, flags: int = 0) -> bytes:
        return self.urandom(size)

    def _seed(self, a: Any = None, version: int = 2) -> None:
        """Stand in for `random.seed`, which without a seed takes one from the machine."""
        _seed_at_import(self._drawn_seed() if a is None else a, version)

    def _drawn_seed(self) -> int:
        return int.from_bytes(self.urandom(32), "big")

    @contextmanager
    def drawn(self) -> Generator[None]:
        """Let `random`, and `uuid1`, draw from the seed."""
        outside = random.getstate()
        random.setstate(self._state)
        try:
            with ExitStack() as stack:

                def seed(own: random.Random, a: Any = None, version: int = 2) -> None:
                    _set_seed(own, self._drawn_seed() if a is None else a, version)

                # `Random()` takes its seed from the machine, without `os.urandom`.
                stack.enter_context(patch.object(random.Random, "seed", seed))
                # Without these, `uuid1` uses the time and the address of the machine.
                for name, value in (("_generate_time_safe", None), ("_node", self._node), ("_last_timestamp", None)):
                    stack.enter_context(patch.object(uuid, name, value))
                yield
        finally:
            self._state = random.getstate()
            random.setstate(outside)
