"""The environment of each block of docs/migration/from-articles.md."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Rates", "function": "rates", "function_timeout": 3}')
    monkeypatch.setenv("REDRIVE_IDEMPOTENCY_1", '{"name": "Done", "table": "done"}')
    monkeypatch.setenv("REDRIVE_METRICS_1", '{"enabled": false}')
