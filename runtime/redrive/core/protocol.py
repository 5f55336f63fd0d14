"""`Protocol` of `typing`, for modules that a cold start loads: importing `typing` takes longer than all of them."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol as Protocol
else:
    Protocol = object
