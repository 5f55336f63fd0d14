"""Multipart uploads, and what boto3 makes of them, in the stand-in of S3.

The names of tests in the cases are those of localstack/localstack, `tests/aws/services/s3`, commit 8b9a79f0, whose
answers were recorded on AWS.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError, WaiterError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.simulations import arn, function, resource, template

STACK = template(
    Function=function(),
    Queue=resource("AWS::SQS::Queue"),
    Bucket=resource(
        "AWS::S3::Bucket",
        BucketName="bucket",
        NotificationConfiguration={"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": arn("Queue")}]},
    ),
)
SMALLEST = 5 * 1024 * 1024
NAMED = {"Bucket": "bucket", "Key": "k"}


class Uploading:
    """An upload with two parts, the first of which is too small to be one."""

    def __init__(self, **given: Any) -> None:
        self.client: Any = Simulation.from_template(STACK).client("s3")
        self.id: str = self.client.create_multipart_upload(**NAMED, **given)["UploadId"]
        self.parts = [self.part(1, b"one"), self.part(2, b"two")]

    def part(self, number: int, body: bytes, **given: Any) -> dict[str, Any]:
        named = {**NAMED, "UploadId": self.id, **given}
        return {"PartNumber": number, "ETag": self.client.upload_part(PartNumber=number, Body=body, **named)["ETag"]}

    def complete(self, *parts: dict[str, Any], **given: Any) -> Any:
        named = {**NAMED, "UploadId": self.id, "MultipartUpload": {"Parts": list(parts)}, **given}
        return self.client.complete_multipart_upload(**named)


NO_UPLOAD = ("NoSuchUpload", 404)
REFUSED: list[tuple[str, Callable[[Uploading], Any], tuple[str, int], str]] = [
    ("unknown", lambda u: u.part(1, b"", UploadId="fake"), NO_UPLOAD, "test_multipart_no_such_upload"),
    ("other key", lambda u: u.part(1, b"", Key="other"), NO_UPLOAD, "test_multipart_key_validation"),
    ("complete unknown", lambda u: u.complete(UploadId="fake"), NO_UPLOAD, "test_multipart_no_such_upload"),
    (
        "abort unknown",
        lambda u: u.client.abort_multipart_upload(**NAMED, UploadId="fake"),
        NO_UPLOAD,
        "test_multipart_no_such_upload",
    ),
    ("list other key", lambda u: u.client.list_parts(Bucket="bucket", Key="x", UploadId=u.id), NO_UPLOAD, "key_valid"),
    ("negative", lambda u: u.part(-1, b""), ("InvalidArgument", 400), "test_complete_multipart_parts_order"),
    ("too high", lambda u: u.part(10_001, b""), ("InvalidArgument", 400), "test_complete_multipart_parts_order"),
    ("md5", lambda u: u.part(1, b"", ContentMD5="000"), ("InvalidDigest", 400), "test_s3_invalid_content_md5"),
    ("no parts", lambda u: u.complete(), ("MalformedXML", 400), "ceph: multipart_upload_empty"),
    (
        "nothing",
        lambda u: u.client.complete_multipart_upload(**NAMED, UploadId=u.id),
        ("InvalidRequest", 400),
        "test_multipart_complete_multipart_too_small",
    ),
    ("small", lambda u: u.complete(*u.parts), ("EntityTooSmall", 400), "test_multipart_complete_multipart_too_small"),
    ("order", lambda u: u.complete(*u.parts[::-1]), ("InvalidPartOrder", 400), "test_complete_multipart_parts_order"),
    (
        "wrong number",
        lambda u: u.complete({**u.parts[0], "PartNumber": 3}),
        ("InvalidPart", 400),
        "test_multipart_complete_multipart_wrong_part",
    ),
    (
        "wrong etag",
        lambda u: u.complete({"PartNumber": 1, "ETag": "d41d8cd98f00b204e9800998ecf8427e"}),
        ("InvalidPart", 400),
        "test_multipart_complete_multipart_wrong_part",
    ),
    (
        "checksum of an upload without",
        lambda u: u.complete({**u.parts[0], "ChecksumCRC32": "AAAAAA=="}),
        ("InvalidPart", 400),
        "test_complete_multipart_parts_checksum_default",
    ),
    (
        "size",
        lambda u: u.complete(u.parts[0], MpuObjectSize=5),
        ("InvalidRequest", 400),
        "test_multipart_size_validation",
    ),
    (
        "kind of checksum",
        lambda u: u.complete(u.parts[0], ChecksumType="COMPOSITE"),
        ("InvalidRequest", 400),
        "test_complete_multipart_parts_checksum_default",
    ),
    (
        "kind without algorithm",
        lambda u: u.client.create_multipart_upload(**NAMED, ChecksumType="COMPOSITE"),
        ("InvalidRequest", 400),
        "test_multipart_parts_checksum_exceptions_composite",
    ),
    (
        "sha of the whole",
        lambda u: u.client.create_multipart_upload(**NAMED, ChecksumAlgorithm="SHA1", ChecksumType="FULL_OBJECT"),
        ("InvalidRequest", 400),
        "test_multipart_checksum_type_compatibility",
    ),
]


@pytest.mark.parametrize(("call", "expected"), [each[1:3] for each in REFUSED], ids=[each[0] for each in REFUSED])
def test_an_upload_is_refused(call: Callable[[Uploading], Any], expected: tuple[str, int]) -> None:
    with pytest.raises(ClientError) as raised:
        call(Uploading())
    said: dict[str, Any] = {**raised.value.response}
    assert (said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"]) == expected


def test_checksums_of_parts_are_required_and_must_be_right() -> None:
    upload = Uploading(ChecksumAlgorithm="SHA256")
    with pytest.raises(ClientError, match="It was missing for part 1 in the request"):
        upload.complete(upload.parts[0])
    with pytest.raises(ClientError, match="expected checksum Type: sha256, actual checksum Type: crc32"):
        upload.part(1, b"", ChecksumCRC32="AAAAAA==")


def test_an_upload_is_listed_until_it_is_over() -> None:
    upload = Uploading()
    listed = upload.client.list_parts(**NAMED, UploadId=upload.id, MaxParts=1)
    rest = upload.client.list_parts(**NAMED, UploadId=upload.id, PartNumberMarker=listed["NextPartNumberMarker"])
    numbers = [[each["PartNumber"] for each in page["Parts"]] for page in (listed, rest)]
    assert (numbers, listed["IsTruncated"], rest["IsTruncated"]) == ([[1], [2]], True, False)
    (found,) = upload.client.list_multipart_uploads(Bucket="bucket")["Uploads"]
    upload.client.abort_multipart_upload(**NAMED, UploadId=upload.id)
    assert (found["UploadId"], found["Key"]) == (upload.id, "k")
    assert "Uploads" not in upload.client.list_multipart_uploads(Bucket="bucket")
    with pytest.raises(ClientError, match="NoSuchUpload"):
        upload.complete(upload.parts[0])


def test_parts_are_made_one_object_and_others_are_told() -> None:  # test_object_created_complete_multipart_upload
    simulation = Simulation.from_template(STACK)
    client = simulation.client("s3")
    client.put_object(Bucket="bucket", Key="source", Body=b"0123456789")
    id = client.create_multipart_upload(**NAMED, ContentType="text/plain")["UploadId"]
    named = {**NAMED, "UploadId": id}
    large = bytes(SMALLEST)
    first = client.upload_part(**named, PartNumber=1, Body=large)["ETag"]
    copied = client.upload_part_copy(**named, PartNumber=5, CopySource="bucket/source", CopySourceRange="bytes=2-3")
    parts = [{"PartNumber": 1, "ETag": first}, {"PartNumber": 5, "ETag": copied["CopyPartResult"]["ETag"]}]
    reply = client.complete_multipart_upload(**named, MultipartUpload={"Parts": parts}, MpuObjectSize=SMALLEST + 2)
    hashes = hashlib.md5(large).digest() + hashlib.md5(b"23").digest()
    etag = f"{hashlib.md5(hashes).hexdigest()}-2"
    assert (reply["ETag"], simulation.bucket("Bucket").objects["k"].content[-3:]) == (f'"{etag}"', b"\x0023")
    part = client.get_object(**NAMED, PartNumber=2)
    assert (part["Body"].read(), part["PartsCount"], part["ContentType"]) == (b"23", 2, "text/plain")
    for wanted in ("bytes=2-", "bytes=2-10", "2-3"):
        given = {"PartNumber": 1, "CopySource": "bucket/source", "CopySourceRange": wanted}
        second = client.create_multipart_upload(**NAMED)["UploadId"]
        with pytest.raises(ClientError, match="InvalidArgument"):
            client.upload_part_copy(**NAMED, UploadId=second, **given)
    record = simulation.queue("Queue").bodies[-1]["Records"][0]
    assert (record["eventName"], record["s3"]["object"]["eTag"]) == ("ObjectCreated:CompleteMultipartUpload", etag)


def test_boto3_transfers_and_waits(tmp_path: Path) -> None:
    parts = TransferConfig(multipart_threshold=SMALLEST, multipart_chunksize=SMALLEST)
    content = b"0123456789" * (SMALLEST // 9)

    def work(event: Any, context: Any) -> list[Any]:
        client: Any = boto3.client("s3", region_name="eu-west-1")
        client.upload_fileobj(BytesIO(b"small"), "bucket", "small", ExtraArgs={"ContentType": "text/plain"})
        client.upload_fileobj(BytesIO(content), "bucket", "large", Config=parts)
        client.copy({"Bucket": "bucket", "Key": "large"}, "bucket", "copy", Config=parts)
        client.download_file("bucket", "copy", str(tmp_path / "copy"), Config=parts)
        client.get_waiter("object_exists").wait(Bucket="bucket", Key="copy")
        with pytest.raises(WaiterError):
            client.get_waiter("object_exists").wait(
                Bucket="bucket", Key="none", WaiterConfig={"Delay": 1, "MaxAttempts": 2}
            )
        url = client.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "small"})
        bucket: Any = boto3.resource("s3", region_name="eu-west-1").Bucket("bucket")
        return [
            client.head_object(Bucket="bucket", Key="small")["ContentType"],
            client.head_object(Bucket="bucket", Key="copy")["ETag"][-3:],
            [each.key for each in bucket.objects.all()],
            "/small?" in url,
        ]

    answer = Simulation.from_template(STACK, {"Function": work}).invoke("Function")
    assert answer.payload == ["text/plain", '-2"', ["copy", "large", "small"], True]
    assert (tmp_path / "copy").read_bytes() == content


def test_clients_of_the_simulation_have_transfers(tmp_path: Path) -> None:
    simulation = Simulation.from_template(STACK)
    (tmp_path / "file").write_bytes(b"content")
    simulation.client("s3").upload_file(str(tmp_path / "file"), "bucket", "k")
    assert simulation.bucket("Bucket").objects["k"].content == b"content"


def test_a_body_is_read_in_every_way() -> None:
    client: Any = Simulation.from_template(STACK).client("s3")
    for body in (b"a\nb", "a\nb", bytearray(b"a\nb"), BytesIO(b"a\nb")):
        client.put_object(**NAMED, Body=body)

    def read() -> Any:
        return client.get_object(**NAMED)["Body"]

    with read() as stream:
        assert stream.read() == b"a\nb"
    assert (list(read().iter_lines()), list(read().iter_chunks(2))) == ([b"a", b"b"], [b"a\n", b"b"])
    assert (read().read(1), list(read()), read().readlines()) == (b"a", [b"a\nb"], [b"a\n", b"b"])


@pytest.mark.parametrize(
    "call",
    [
        lambda u: u.complete(u.parts[0], IfNoneMatch="*"),
        lambda u: u.client.list_multipart_uploads(Bucket="bucket", MaxUploads=1),
        lambda u: u.client.create_multipart_upload(**NAMED, ChecksumAlgorithm="CRC32C"),
    ],
    ids=["condition", "page", "algorithm"],
)
def test_what_is_not_simulated_of_uploads_is_an_error_by_name(call: Callable[[Uploading], Any]) -> None:
    with pytest.raises(NotSimulatedError, match=r"s3\.\w+\(.* is not answered inside the simulation: "):
        call(Uploading())
