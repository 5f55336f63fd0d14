"""Data in a known format that is not JSON is named, wherever JSON was expected; other data is not mistaken for it."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zlib
from base64 import b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redrive import Idempotency, KinesisRecord, Permanent, SqsMessage, kinesis_handler
from redrive.handlers.formats import form_of
from redrive.testing import kinesis_event
from tests.support.runtime.idempotency.functions import Store
from tests.support.runtime.sqs.queue import Context

JSON = b'{"id": 7}'
FORMS = {
    "gzip": [gzip.compress(JSON, mtime=0), gzip.compress(b"", mtime=0)],
    "zlib": [zlib.compress(JSON * 9, level) for level in range(10)] + [zlib.compress(b"")],
    "bzip2": [bz2.compress(JSON, level) for level in range(1, 10)],
    "xz": [lzma.compress(JSON), lzma.compress(b"")],
    # Made of the JSON by cramjam 2.11.
    "zstd": [bytes.fromhex("28b52ffd20094900007b226964223a20377d")],
    "lz4": [bytes.fromhex("04224d185440ae090000807b226964223a20377d65b73b360000000065b73b36")],
    "snappy": [bytes.fromhex("ff060000734e61507059010d0000a61ff6db7b226964223a20377d")],
}
every_form = pytest.mark.parametrize("form", FORMS)


@every_form
def test_of_kinesis(form: str) -> None:
    for data in FORMS[form]:
        record = KinesisRecord(data)
        assert record.form == form
        for each in (record, KinesisRecord(b64encode(data))):
            with pytest.raises(Permanent, match=rf"^the data is compressed with {form}, not JSON: give a parse="):
                each.json()


@every_form
def test_of_a_queue(form: str) -> None:
    for data in FORMS[form]:
        with pytest.raises(Permanent, match=rf"^the body is compressed with {form}, not JSON: give a parse="):
            SqsMessage("1", b64encode(data).decode()).json()


@every_form
def test_in_a_key(form: str, context: Context, caplog: pytest.LogCaptureFixture) -> None:
    handler = kinesis_handler(idempotency=Idempotency(store=Store(), key="id"))(lambda record: None)
    handler(kinesis_event(FORMS[form][0]), context)
    assert any(f"compressed with {form}" in entry.getMessage() for entry in caplog.records)


def test_an_aggregate_of_the_producer_library_in_text() -> None:
    with pytest.raises(Permanent, match=r"^the body is an aggregate of the Kinesis Producer Library, not JSON"):
        SqsMessage("1", b64encode(b"\xf3\x89\x9a\xc2\x0a\x01").decode()).json()


@pytest.mark.parametrize(
    "text", ["x^2 + y^2", "x\x01 is no JSON", "BZh", "BZh9 is a word", "eJwas", "eJyfoo==", "PK", "(µ/ý", "ÿ", ""]
)
def test_text_is_not_mistaken(text: str) -> None:
    assert form_of(text.encode()) is None
    with pytest.raises(Permanent, match=r"^the body is not JSON: "):
        SqsMessage("1", text).json()


@given(st.text())
def test_no_text_is_mistaken(text: str) -> None:
    assert form_of(text.encode(errors="replace")) is None


@pytest.mark.parametrize("data", [b"", b"\x1f", b"\x78", b"{}", b"\x00" * 40])
def test_short_and_other_data_has_no_form(data: bytes) -> None:
    record = KinesisRecord(data)
    assert (record.form, record.is_gzipped, record.is_aggregated) == (None, False, False)
