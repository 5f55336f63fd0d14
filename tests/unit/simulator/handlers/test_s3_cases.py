"""The stand-in of S3 answers as S3 does.

Each case names its source: a test of localstack/localstack (`tests/aws/services/s3`, commit 8b9a79f0) whose answers
were recorded on AWS, a test of ceph/s3-tests (`ceph:`), or a page below https://docs.aws.amazon.com/AmazonS3/latest/.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.s3 import (
    DAY,
    DIGITS,
    ID,
    MD5,
    OTHER,
    START,
    Call,
    b64,
    copy,
    delete,
    get,
    head,
    objects,
    outcome,
    put,
)
from tests.support.simulator.simulations import resource, template

FAILED, CHANGED = ("PreconditionFailed", 412), ("304", 304)
WHOLE = (DIGITS, 200)
ETAG = f'"{MD5}"'
SHA = b64(hashlib.sha256(DIGITS).digest())
NONE = {"Bucket": "none", "Key": "digits"}
LONG = "é" * 512
CASES: list[tuple[str, Call, Any, str]] = [
    ("range", get("ContentRange", Range="bytes=0-8"), (b"012345678", 206, "bytes 0-8/10"), "test_get_object_range"),
    ("one byte", get("ContentRange", Range="bytes=1-1"), (b"1", 206, "bytes 1-1/10"), "test_get_object_range"),
    ("open range", get("ContentRange", Range="bytes=1-"), (b"123456789", 206, "bytes 1-9/10"), "test_get_object_range"),
    ("last bytes", get("ContentRange", Range="bytes=-2"), (b"89", 206, "bytes 8-9/10"), "test_get_object_range"),
    ("more last bytes", get("ContentRange", Range="bytes=-15"), (DIGITS, 206, "bytes 0-9/10"), "test_get_object_range"),
    ("long range", get("ContentLength", Range="bytes=0-100"), (DIGITS, 206, 10), "test_get_object_range"),
    ("range backwards", get("ContentRange", Range="bytes=1-0"), (*WHOLE, None), "test_get_object_range"),
    ("no range", get("ContentRange", Range="bytes=-1-"), (*WHOLE, None), "test_get_object_range"),
    ("no last byte", get(Range="bytes=-0"), ("InvalidRange", 416), "test_get_object_range"),
    ("range behind the end", get(Range="bytes=100-200"), ("InvalidRange", 416), "test_get_object_range"),
    ("range of nothing", get(Key="empty", Range="bytes=0-"), ("InvalidRange", 416), "ceph: ranged_request_empty"),
    ("head behind the end", head(Range="bytes=100-"), ("416", 416), "API/API_HeadObject.html"),
    ("head of a range", head("ContentLength", "ContentRange", Range="bytes=-2"), (2, "bytes 8-9/10"), "API_HeadObject"),
    ("part of one", get("PartsCount", PartNumber=1), (DIGITS, 206, None), "test_get_object_part"),
    ("no part", get(PartNumber=2), ("InvalidPartNumber", 416), "test_get_object_part"),
    ("part and range", get(PartNumber=1, Range="bytes=0-1"), ("InvalidRequest", 400), "test_get_object_part"),
    ("no key", get(Key="none"), ("NoSuchKey", 404), "test_range_key_not_exists"),
    ("no key, head", head(Key="none"), ("404", 404), "test_head_object_fields"),
    ("no bucket", get(**NONE), ("NoSuchBucket", 404), "test_get_object_no_such_bucket"),
    ("logical id", get(Bucket="Versioned", Key="x"), ("NoSuchBucket", 404), "test_get_object_no_such_bucket"),
    ("no bucket, head", head(**NONE), ("404", 404), "API/API_HeadObject.html"),
    ("no bucket, put", put(**NONE), ("NoSuchBucket", 404), "test_get_object_no_such_bucket"),
    ("no bucket, delete", lambda c: c.delete_object(**NONE), ("NoSuchBucket", 404), "test_get_object_no_such_bucket"),
    (
        "no bucket, list",
        lambda c: c.list_objects_v2(Bucket="none"),
        ("NoSuchBucket", 404),
        "test_bucket_does_not_exist",
    ),
    (
        "version without versions",
        get(VersionId=ID),
        ("InvalidArgument", 400),
        "test_get_object_with_version_unversioned",
    ),
    ("null version", get(VersionId="null"), WHOLE, "test_get_object_with_version_unversioned_bucket"),
    ("match", get(IfMatch=ETAG), WHOLE, "test_s3_get_object_preconditions"),
    ("other etag", get(IfMatch='"other"'), FAILED, "test_s3_get_object_preconditions"),
    ("other etag, head", head(IfMatch='"other"'), ("412", 412), "test_s3_get_object_preconditions"),
    ("same etag", get(IfNoneMatch=ETAG), CHANGED, "test_s3_get_object_preconditions"),
    ("same etag without quotes", get(IfNoneMatch=MD5), CHANGED, "test_s3_get_object_preconditions"),
    ("same etag, head", head(IfNoneMatch=ETAG), CHANGED, "test_s3_get_object_preconditions"),
    ("unmodified since", get(IfUnmodifiedSince=START), WHOLE, "test_s3_get_object_preconditions"),
    ("modified since", get(IfModifiedSince=START - DAY), WHOLE, "test_s3_get_object_preconditions"),
    ("not modified since", get(IfModifiedSince=START), CHANGED, "test_s3_get_object_preconditions"),
    ("modified before", get(IfUnmodifiedSince=START - DAY), FAILED, "test_s3_get_object_preconditions"),
    ("a time to come", get(IfModifiedSince=START + DAY), WHOLE, "test_s3_get_object_preconditions"),
    ("etag before time", get(IfMatch=ETAG, IfUnmodifiedSince=START - DAY), WHOLE, "API/API_GetObject.html"),
    ("no etag before time", get(IfNoneMatch=ETAG, IfModifiedSince=START - DAY), CHANGED, "API/API_GetObject.html"),
    ("write if new", put(Key="new", IfNoneMatch="*"), ETAG, "test_put_object_if_none_match"),
    ("write if new, not so", put(IfNoneMatch="*"), FAILED, "test_put_object_if_none_match"),
    ("write if no etag", put(IfNoneMatch='"x"'), ("NotImplemented", 501), "test_put_object_if_none_match_validation"),
    ("write if any", put(IfMatch="*"), ("NotImplemented", 501), "test_put_object_if_match_validation"),
    ("write if", put(IfMatch=ETAG), ETAG, "test_put_object_if_match"),
    ("write if other", put(IfMatch="other"), FAILED, "test_put_object_if_match"),
    ("write if, no key", put(Key="new", IfMatch="x"), ("NoSuchKey", 404), "test_put_object_if_match"),
    ("both", put(IfMatch=ETAG, IfNoneMatch="*"), ("NotImplemented", 501), "if_match_and_if_none_match_validation"),
    ("delete if", lambda c: c.delete_object(Bucket="bucket", Key="a/1", IfMatch="x"), FAILED, "delete_object_if_match"),
    (
        "delete if small",
        lambda c: c.delete_object(Bucket="bucket", Key="a/1", IfMatchSize=1),
        ("NotImplemented", 501),
        "test_delete_object_if_match_size_non_express",
    ),
    ("owner", get(ExpectedBucketOwner="111111111111"), WHOLE, "userguide/bucket-owner-condition.html"),
    ("other owner", get(ExpectedBucketOwner=OTHER), ("AccessDenied", 403), "test_get_bucket_policy"),
    ("other owner, head", head(ExpectedBucketOwner=OTHER), ("403", 403), "userguide/bucket-owner-condition.html"),
    (
        "other owner, head of the bucket",
        lambda c: c.head_bucket(Bucket="bucket", ExpectedBucketOwner=OTHER),
        ("403", 403),
        "userguide/bucket-owner-condition.html",
    ),
    ("no account", get(ExpectedBucketOwner="1"), ("InvalidBucketOwnerAWSAccountID", 400), "test_get_bucket_policy_in"),
    ("longest key", put(Key=LONG), ETAG, "userguide/object-keys.html"),
    ("long key", put(Key=LONG + "x"), ("KeyTooLongError", 400), "userguide/object-keys.html"),
    ("most metadata", put(Metadata={"k": "x" * 2047}), ETAG, "userguide/UsingMetadata.html"),
    ("metadata", put(Metadata={"k": "x" * 2048}), ("MetadataTooLarge", 400), "userguide/UsingMetadata.html"),
    ("md5", put(ContentMD5=b64(hashlib.md5(DIGITS).digest())), ETAG, "test_s3_invalid_content_md5"),
    ("no md5", put(ContentMD5="MTIz"), ("InvalidDigest", 400), "test_s3_invalid_content_md5"),
    ("text as md5", put(ContentMD5="__invalid__"), ("InvalidDigest", 400), "test_s3_invalid_content_md5"),
    ("other md5", put(ContentMD5=b64(b"0" * 16)), ("BadDigest", 400), "test_s3_invalid_content_md5"),
    ("checksum", put(ChecksumSHA256=SHA), ETAG, "test_put_object_checksum"),
    ("other checksum", put(ChecksumSHA256=b64(b"0" * 32)), ("BadDigest", 400), "test_put_object_checksum"),
    ("no checksum", put(ChecksumCRC32="test"), ("InvalidRequest", 400), "test_put_object_checksum"),
    ("checksums", put(ChecksumSHA256=SHA, ChecksumSHA1="x"), ("InvalidRequest", 400), "test_s3_checksum_no_algorithm"),
    (
        "checksum of a read",
        get("ChecksumCRC32", "ChecksumType"),
        (*WHOLE, "poTHxg==", "FULL_OBJECT"),
        "test_get_object_range",
    ),
    ("storage", put(StorageClass="COLD"), ("InvalidStorageClass", 400), "test_put_object_storage_class_outposts"),
    ("encryption", put(ServerSideEncryption="DES"), ("InvalidArgument", 400), "API/API_PutObject.html"),
    ("key without kms", put(SSEKMSKeyId="k"), ("InvalidArgument", 400), "userguide/specifying-kms-encryption.html"),
    ("copy", copy(), DIGITS, "test_s3_copy_metadata_replace"),
    ("copy by path", copy(CopySource="/bucket/digits"), DIGITS, "API/API_CopyObject.html"),
    ("copy of x y", copy(CopySource="bucket/x y"), b"", "API/API_CopyObject.html"),
    ("copy without key", copy(CopySource="bucket"), ("InvalidArgument", 400), "test_s3_copy_object_wrong_format"),
    ("copy of nothing", copy(CopySource="bucket/none"), ("NoSuchKey", 404), "test_s3_copy_object_src_not_exists"),
    ("copy from nowhere", copy(CopySource="none/x"), ("NoSuchBucket", 404), "test_s3_copy_object_src_not_exists"),
    ("copy to nowhere", copy(Bucket="none"), ("NoSuchBucket", 404), "test_s3_copy_object_src_not_exists"),
    (
        "copy of a version",
        copy(CopySource=f"bucket/digits?versionId={ID}"),
        ("InvalidArgument", 400),
        "with_version_un",
    ),
    ("copy on itself", copy(Key="digits"), ("InvalidRequest", 400), "ceph: object_copy_to_itself"),
    ("changed", copy(Key="digits", MetadataDirective="REPLACE"), DIGITS, "ceph: object_copy_to_itself_with_metadata"),
    ("moved to another class", copy(Key="digits", StorageClass="STANDARD_IA"), DIGITS, "API/API_CopyObject.html"),
    ("copy if", copy(CopySourceIfMatch="other"), FAILED, "test_s3_copy_object_preconditions"),
    ("copy if other", copy(CopySourceIfNoneMatch=ETAG), FAILED, "test_s3_copy_object_preconditions"),
    ("copy if modified", copy(CopySourceIfModifiedSince=START), FAILED, "test_s3_copy_object_preconditions"),
    (
        "copy if not modified",
        copy(CopySourceIfUnmodifiedSince=START - DAY),
        FAILED,
        "test_s3_copy_object_preconditions",
    ),
    ("copy if new", copy(Key="empty", IfNoneMatch="*"), FAILED, "test_copy_object_if_none_match"),
    ("copy if there", copy(IfMatch=ETAG), ("NoSuchKey", 404), "test_copy_object_if_match"),
    ("delete many", delete("a/1", "none"), (["a/1", "none"], []), "test_delete_objects"),
    ("delete quietly", delete("a/1", "none", Quiet=True), ([], []), "API/API_DeleteObjects.html"),
    ("delete none", delete(), ("MalformedXML", 400), "API/API_DeleteObjects.html"),
    ("delete most", delete(*["k"] * 1000), (["k"] * 1000, []), "ceph: multi_object_delete_key_limit"),
    ("delete too many", delete(*["k"] * 1001), ("MalformedXML", 400), "ceph: multi_object_delete_key_limit"),
    (
        "delete versions",
        delete({"Key": "a/1", "VersionId": ID}, "a/2"),
        (["a/2"], [("a/1", "NoSuchVersion")]),
        "test_delete_objects",
    ),
    (
        "delete those with an etag",
        delete({"Key": "digits", "ETag": ETAG}, {"Key": "a/2", "ETag": "x"}),
        (["digits"], [("a/2", "PreconditionFailed")]),
        "userguide/conditional-deletes.html",
    ),
]


@pytest.mark.parametrize(("call", "expected"), [each[1:3] for each in CASES], ids=[each[0] for each in CASES])
def test_s3_answers(call: Call, expected: Any) -> None:
    assert outcome(call, objects()) == expected


def test_each_case_has_a_name_of_its_own() -> None:
    assert len({name for name, *_ in CASES}) == len(CASES)


@pytest.mark.parametrize(
    "call",
    [
        get(Range="bytes=0-1,3-4"),
        put(ChecksumAlgorithm="CRC64NVME"),
        put(ACL="private"),
        put(Tagging="a=b"),
        put(ContentLength=3),
        delete({"Key": "a/1", "Size": 0}),
        lambda client: client.get_object_attributes(Bucket="bucket", Key="digits", ObjectAttributes=["ETag"]),
        lambda client: client.get_object(Bucket="arn:aws:s3:eu-west-1:111111111111:accesspoint/point", Key="digits"),
    ],
    ids=["ranges", "checksum", "acl", "tags", "length", "size", "operation", "access point"],
)
def test_what_is_not_simulated_is_an_error_by_name(call: Call) -> None:
    with pytest.raises(NotSimulatedError, match=r"s3\b.* is not answered inside the simulation: "):
        call(objects())


def test_headers_are_kept_as_http_brings_them_back() -> None:
    client = objects()
    given = {"ContentLanguage": "de", "ContentType": "text/plain", "CacheControl": "no-store"}
    client.put_object(Bucket="bucket", Key="k", Metadata={"Order-ID": " 7 "}, StorageClass="STANDARD_IA", **given)
    kept = client.get_object(Bucket="bucket", Key="k", ResponseContentType="text/csv")
    copied = client.copy_object(Bucket="bucket", Key="l", CopySource="bucket/k")["CopyObjectResult"]["ETag"]
    copy = client.head_object(Bucket="bucket", Key="l")
    assert {name: kept[name] for name in given} == {**given, "ContentType": "text/csv"}
    assert (kept["Metadata"], kept["StorageClass"]) == ({"order-id": "7"}, "STANDARD_IA")
    assert {name: copy[name] for name in given} == given
    assert ("StorageClass" in copy, copy["ETag"] == copied) == (False, True)


def test_an_archived_object_cannot_be_read() -> None:  # test_put_object_storage_class
    client = objects()
    client.put_object(Bucket="bucket", Key="k", StorageClass="GLACIER")
    assert outcome(get(Key="k"), client) == ("InvalidObjectState", 403)
    assert client.head_object(Bucket="bucket", Key="k")["StorageClass"] == "GLACIER"


def test_an_object_that_aws_has_written_has_headers_too() -> None:
    simulation = Simulation.from_template(template(Bucket=resource("AWS::S3::Bucket", BucketName="bucket")))
    simulation.bucket("Bucket").put("k", b"a record of a destination")
    found = simulation.client("s3").head_object(Bucket="bucket", Key="k")
    assert (found["Metadata"], found["ServerSideEncryption"]) == ({}, "AES256")


@pytest.mark.parametrize("given", [{}, {"ServerSideEncryption": "AES256"}])
def test_a_bucket_encrypts_what_is_written_without_an_encryption(given: dict[str, str]) -> None:
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "key"}
    rules = {"ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": by_default}]}
    bucket = resource("AWS::S3::Bucket", BucketName="bucket", BucketEncryption=rules)
    client = Simulation.from_template(template(Bucket=bucket)).client("s3")
    client.put_object(Bucket="bucket", Key="k", **given)
    found = client.head_object(Bucket="bucket", Key="k")
    # On itself, as recorded: test_copy_in_place_with_bucket_encryption.
    client.copy_object(Bucket="bucket", Key="k", CopySource="bucket/k", **given)
    expected = ("AES256", None) if given else ("aws:kms", "key")
    assert (found["ServerSideEncryption"], found.get("SSEKMSKeyId")) == expected
