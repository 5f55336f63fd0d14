"""Names the format of data that is not JSON, by the bytes at its beginning. Loaded where JSON does not parse."""

from __future__ import annotations

import zlib
from binascii import Error, a2b_base64

_DECOMPRESSES = "give a parse= that decompresses it"
# Prefixes that nothing else begins with, and that are neither JSON nor, but for zlib's and bzip2's, text at all.
_PREFIXES: dict[bytes, str] = {
    # https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
    b"\xf3\x89\x9a\xc2": "KPL",
    b"\x1f\x8b": "gzip",  # https://www.rfc-editor.org/rfc/rfc1952#page-6
    # The window that zlib uses, at each level: https://www.rfc-editor.org/rfc/rfc1950#page-4
    **dict.fromkeys((b"\x78\x01", b"\x78\x5e", b"\x78\x9c", b"\x78\xda"), "zlib"),
    b"\x28\xb5\x2f\xfd": "zstd",  # https://www.rfc-editor.org/rfc/rfc8878#section-3.1.1
    b"\x04\x22\x4d\x18": "lz4",  # https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
    b"\xff\x06\x00\x00sNaPpY": "snappy",  # https://github.com/google/snappy/blob/main/framing_format.txt
    b"\xfd7zXZ\x00": "xz",  # https://tukaani.org/xz/xz-file-format.txt
    **dict.fromkeys((b"BZh%d1AY&SY" % level for level in range(1, 10)), "bzip2"),
}
_BYTES = 32


def form_of(data: bytes) -> str | None:
    """Return the name of the format in which data begins; `None` if it is none of the known ones."""
    start = data[:_BYTES]
    form = next((name for prefix, name in _PREFIXES.items() if start.startswith(prefix)), None)
    return None if form == "zlib" and not _is_zlib(start) else form


def described(content: str | bytes) -> str | None:
    """Say what content is, and what to do, if it is in a known format, or is the base64 of that."""
    form = form_of(content if isinstance(content, bytes) else b"") or form_of(_from_base64(content))
    if form == "KPL":
        return "is an aggregate of the Kinesis Producer Library, not JSON: give a parse= that takes its records apart"
    return None if form is None else f"is compressed with {form}, not JSON: {_DECOMPRESSES}"


def _from_base64(content: str | bytes) -> bytes:
    try:
        return a2b_base64(content, strict_mode=True)
    except (Error, ValueError):  # the latter for text that is not ASCII
        return b""


def _is_zlib(start: bytes) -> bool:
    try:
        zlib.decompressobj().decompress(start)
    except zlib.error:  # a text, such as "x^2"
        return False
    return True
