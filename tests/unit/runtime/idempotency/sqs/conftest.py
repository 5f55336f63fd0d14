"""Fixtures for the tests of messages under idempotency: handlers that run them in each way."""

from __future__ import annotations

from typing import Any

import pytest

from redrive import Idempotency, SqsHandler, sqs_handler
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.idempotency.messages import SETTINGS, WAYS, Function, Make


@pytest.fixture(params=WAYS)
def make(request: pytest.FixtureRequest, store: Store) -> Make:
    """Makes a handler; all that is shown here holds whichever way it runs its messages."""
    kind, concurrency = WAYS[request.param]

    def make(function: Function, options: dict[str, Any] | None = None, **more: Any) -> SqsHandler:
        idempotency = Idempotency(**{"store": store, **(options or {})})
        return sqs_handler(
            **{"idempotency": idempotency, "concurrency": concurrency, "settings": SETTINGS, **more}  # type: ignore[arg-type]
        )(getattr(function, kind))

    return make
