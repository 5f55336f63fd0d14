"""Data that is compressed with gzip is named, wherever JSON was expected."""

from __future__ import annotations

import gzip
import json
from base64 import b64encode

import pytest

from redrive import Idempotency, KinesisRecord, Permanent, SqsMessage, kinesis_handler
from redrive.testing import kinesis_event
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.sqs.queue import Context

DATA = gzip.compress(json.dumps({"logEvents": []}).encode(), mtime=0)
NAMED = r"is compressed with gzip, not JSON: give a parse="


@pytest.mark.parametrize("data", [DATA, DATA[:3], gzip.compress(b"", mtime=0), b64encode(DATA)])
def test_of_kinesis(data: bytes) -> None:
    with pytest.raises(Permanent, match="the data " + NAMED):
        KinesisRecord(data).json()


def test_of_a_queue() -> None:
    with pytest.raises(Permanent, match="the body " + NAMED):
        SqsMessage("1", b64encode(DATA).decode()).json()


def test_in_a_key(context: Context, caplog: pytest.LogCaptureFixture) -> None:
    handler = kinesis_handler(idempotency=Idempotency(store=Store(), key="id"))(lambda record: None)
    handler(kinesis_event(DATA), context)
    assert any("compressed with gzip" in entry.getMessage() for entry in caplog.records)


def test_it_is_told_by_the_record() -> None:
    assert KinesisRecord(DATA).is_gzipped
    assert not any(KinesisRecord(data).is_gzipped for data in (b"", b"\x1f", b"{}", b64encode(DATA)))


@pytest.mark.parametrize("text", ["", "H4", "\udcff", "x"])
def test_other_text_is_not_json(text: str) -> None:
    with pytest.raises(Permanent, match="the body is not JSON"):
        SqsMessage("1", text).json()
