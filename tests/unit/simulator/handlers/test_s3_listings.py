"""The stand-in of S3 lists as S3 does.

Each case names its source, as in `test_s3_cases.py`.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.simulator.s3 import Call, objects, outcome

ALL = ["a/1", "a/2", "b/1", "digits", "empty", "x y"]


def listing(*names: str, version: int = 2, **given: Any) -> Call:
    def call(client: Any) -> Any:
        work = client.list_objects_v2 if version == 2 else client.list_objects
        reply = work(Bucket="bucket", **given)
        keys = [each["Key"] for each in reply.get("Contents", ())]
        keys += [each["Prefix"] for each in reply.get("CommonPrefixes", ())]
        return (keys, reply["IsTruncated"], *(reply.get(name) for name in names))

    return call


CASES: list[tuple[str, Call, Any, str]] = [
    ("list", listing("KeyCount", "MaxKeys"), (ALL, False, 6, 1000), "test_list_objects_v2_with_prefix"),
    ("list nothing", listing("KeyCount", MaxKeys=0), ([], False, 0), "ceph: bucket_listv2_maxkeys_zero"),
    ("list two", listing("KeyCount", MaxKeys=2), (ALL[:2], True, 2), "test_list_objects_v2_continuation_start_after"),
    ("list many", listing("MaxKeys", MaxKeys=5000), (ALL, False, 1000), "API/API_ListObjectsV2.html"),
    ("list less than none", listing(MaxKeys=-1), ("InvalidArgument", 400), "API/API_ListObjectsV2.html"),
    ("list after", listing("StartAfter", StartAfter="b/1"), (ALL[3:], False, "b/1"), "continuation_start_after"),
    ("list after in a folder", listing(StartAfter="a/1", Delimiter="/", MaxKeys=1), (["a/"], True), "provider"),
    (
        "no token",
        listing(ContinuationToken=""),
        ("InvalidArgument", 400),
        "test_list_objects_v2_continuation_start_after",
    ),
    ("wrong token", listing(ContinuationToken="x"), ("InvalidArgument", 400), "v2_continuation_start_after"),
    (
        "folders",
        listing("KeyCount", "Delimiter", Delimiter="/"),
        (["digits", "empty", "x y", "a/", "b/"], False, 5, "/"),
        "test_list_objects_v2_with_prefix_and_delimiter",
    ),
    (
        "folders count",
        listing("KeyCount", Delimiter="/", MaxKeys=1),
        (["a/"], True, 1),
        "test_list_objects_v2_with_prefix_and_delimiter",
    ),
    ("encoding", listing(EncodingType="value"), ("InvalidArgument", 400), "test_list_ops_encoding_type_validation"),
    ("encoded", listing("Prefix", EncodingType="url", Prefix="x y"), (["x%20y"], False, "x%20y"), "API_ListObjectsV2"),
    ("older list", listing("Marker", version=1), (ALL, False, ""), "test_list_objects_with_prefix"),
    (
        "older list of two",
        listing("NextMarker", version=1, MaxKeys=2),
        (ALL[:2], True, None),
        "API/API_ListObjects.html",
    ),
    (
        "older folders",
        listing("NextMarker", version=1, MaxKeys=1, Delimiter="/"),
        (["a/"], True, "a/"),
        "ceph: bucket_list_delimiter_prefix",
    ),
    (
        "older folders after one",
        listing("NextMarker", version=1, Delimiter="/", Marker="a/", MaxKeys=1),
        (["b/"], True, "b/"),
        "ceph: bucket_list_delimiter_prefix",
    ),
    (
        "older folders after a key of one",
        listing(version=1, Delimiter="/", Marker="a/1", MaxKeys=1),
        (["b/"], True),
        "test_list_objects_marker_common_prefixes",
    ),
    (
        "marker of a version alone",
        lambda c: c.list_object_versions(Bucket="bucket", VersionIdMarker="null"),
        ("InvalidArgument", 400),
        "test_list_objects_versions_markers",
    ),
]


@pytest.mark.parametrize(("call", "expected"), [each[1:3] for each in CASES], ids=[each[0] for each in CASES])
def test_s3_lists(call: Call, expected: Any) -> None:
    assert outcome(call, objects()) == expected


def test_pages_have_all_keys_once() -> None:
    client = objects()
    for name, options in (("list_objects_v2", {}), ("list_objects", {}), ("list_objects_v2", {"Delimiter": "/"})):
        pages = client.get_paginator(name).paginate(Bucket="bucket", PaginationConfig={"PageSize": 1}, **options)
        found = [
            each.get("Key") or each["Prefix"]
            for page in pages
            for each in (*page.get("Contents", ()), *page.get("CommonPrefixes", ()))
        ]
        assert found == (["a/", "b/", "digits", "empty", "x y"] if options else ALL)
