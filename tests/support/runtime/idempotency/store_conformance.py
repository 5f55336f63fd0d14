"""Rules for every store of idempotency records. The test modules of a store import them.

    from tests.support.runtime.idempotency.store_conformance import *  # noqa: F403

They ask for two fixtures: `store`, an `IdempotencyStore`, and `time`, a `VirtualTime` that is the clock in force.
"""

from __future__ import annotations

from tests.support.runtime.idempotency.conformance import claims, endings, renewals
from tests.support.runtime.idempotency.conformance.claims import *  # noqa: F403
from tests.support.runtime.idempotency.conformance.endings import *  # noqa: F403
from tests.support.runtime.idempotency.conformance.records import company
from tests.support.runtime.idempotency.conformance.renewals import *  # noqa: F403

__all__ = ["company"]
__all__ += claims.__all__
__all__ += endings.__all__
__all__ += renewals.__all__
