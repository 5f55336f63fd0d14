"""Content that a path does not fit is as permanent as a missing key."""

from __future__ import annotations

import gzip
import zlib
from base64 import b64encode
from typing import Any

import pytest

from redrive import (
    MemoryStore,
    MissingKey,
    idempotent,
)
from redrive.idempotency import paths
from tests.support.runtime.idempotency.functions import decorated

pytestmark = pytest.mark.usefixtures("seams")


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


def packed(content: bytes) -> str:
    return b64encode(content).decode()


UNFIT = [
    ("join('-', parts)", {"parts": [1, 2]}),
    ("length(number)", {"number": 7}),
    ("sort_by(lines, &n)", {"lines": [{"n": 1}, {"n": "a"}]}),
    ("powertools_json(body).id", {"body": {"id": 7}}),
    ("powertools_json(body).id", {"body": "no json"}),
    ("powertools_json(body).id", {}),
    ("powertools_json(body).id", {"body": "[" * 100_000}),
    ("powertools_base64(body)", {"body": "a"}),
    ("powertools_base64(body)", {"body": packed(b"\xff")}),
    ("powertools_base64_gzip(body)", {"body": packed(b"no gzip")}),
    ("powertools_base64_gzip(body)", {"body": packed(gzip.compress(b"cut off", mtime=0)[:-9])}),
    ("powertools_base64_gzip(body)", {"body": packed(zlib.compress(b"not gzip but zlib"))}),
]


@pytest.mark.parametrize(("path", "given"), UNFIT, ids=[f"{path} {given!r:.30}" for path, given in UNFIT])
@pytest.mark.parametrize("like_powertools", [False, True])
def test_content_that_a_path_does_not_fit_is_as_permanent_as_none(
    store: MemoryStore, path: str, given: Any, like_powertools: bool
) -> None:
    charge, ran = decorated(store, path, like_powertools=like_powertools)
    with pytest.raises(
        MissingKey,
        match=r"looked up in the only argument \(\w+\), which is .*: "
        r"(\w*Error|the text of powertools_json is not JSON): ",
    ):
        charge(given)
    compared, _ = decorated(store, lambda order: 1, payload=path)
    with pytest.raises(MissingKey, match=r"the payload .* cannot be compared"):
        compared(given)
    each_time, ran_each_time = decorated(store, path, missing_key="run")
    each_time(given)
    assert (ran, len(ran_each_time)) == ([], 1)


def test_what_is_nested_too_deeply_is_permanent(store: MemoryStore) -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    for key in (None, "@", lambda order: order):
        charge, ran = decorated(store, key)
        with pytest.raises(MissingKey, match=r"the only argument \(\w+\) is nested too deeply"):
            charge(deep)
        assert ran == []


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("nothing(id)", r"there is no function nothing\(\)"),
        ("[user, lower(id)]", "there is no function"),
        ("a || length(b, c)", "takes 1 arguments, not 2"),
        ("sort_by(lines, &nothing(n))", "there is no function"),
        ("not_null()", "takes 1 arguments, not 0"),
    ],
)
def test_a_call_that_can_never_work_is_refused_at_once(store: MemoryStore, path: str, says: str) -> None:
    for option in ("key", "payload"):
        options: Any = {option: path}
        with pytest.raises(ValueError, match=says):
            idempotent(store=store, **options)(print)


# Compressed content.


def test_compressed_content_is_bounded(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "LARGEST_DECOMPRESSED", 1000)
    charge, ran = decorated(store, "powertools_base64_gzip(body)")
    charge({"body": packed(gzip.compress(b"a" * 1000))})
    charge({"body": packed(gzip.compress(b"a" * 500) + gzip.compress(b"b" * 500))})
    charge({"body": packed(gzip.compress(b"padded") + b"\0" * 5)})
    for content in (gzip.compress(b"a" * 1001), gzip.compress(b"a" * 500) + gzip.compress(b"b" * 501)):
        with pytest.raises(MissingKey, match="more than 1,000 bytes when it is decompressed"):
            charge({"body": packed(content)})
    assert len(ran) == 3


def test_a_bomb_takes_no_memory(store: MemoryStore) -> None:
    import tracemalloc

    compressor = zlib.compressobj(wbits=31, strategy=zlib.Z_RLE)
    bomb = b"".join(compressor.compress(b"\0" * 10_000_000) for _ in range(50)) + compressor.flush()
    charge, _ = decorated(store, "powertools_base64_gzip(body)")
    tracemalloc.start()
    with pytest.raises(MissingKey, match="more than 10,485,760 bytes"):
        charge({"body": packed(bomb)})
    assert tracemalloc.get_traced_memory()[1] < 50_000_000
    tracemalloc.stop()
