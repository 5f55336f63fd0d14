"""Buckets with versions answer, and tell others what happens in them, as recorded on AWS.

The names of tests in comments are those of localstack/localstack, `tests/aws/services/s3`, commit 8b9a79f0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotModelledError, Simulation
from tests.support.simulator.heard import Heard, rule, simulated
from tests.support.simulator.simulations import arn, function, resource, template

ENABLED = {"Status": "Enabled"}
BUCKET = resource("AWS::S3::Bucket", BucketName="bucket", VersioningConfiguration=ENABLED)


def code_of(call: Callable[[], Any]) -> tuple[str, int]:
    with pytest.raises(ClientError) as raised:
        call()
    said: dict[str, Any] = {**raised.value.response}
    return said["Error"]["Code"], said["ResponseMetadata"]["HTTPStatusCode"]


def client_of(bucket: dict[str, Any] = BUCKET) -> Any:
    return Simulation.from_template(template(Bucket=bucket)).client("s3")


def put(client: Any, body: bytes, key: str = "k") -> str:
    return client.put_object(Bucket="bucket", Key=key, Body=body)["VersionId"]


def read(client: Any, **given: Any) -> bytes:
    return client.get_object(**{"Bucket": "bucket", "Key": "k", **given})["Body"].read()


@pytest.mark.parametrize("given", [{"VersioningConfiguration": ENABLED}, {"ObjectLockEnabled": True}])
def test_a_deleted_object_keeps_its_versions(given: dict[str, Any]) -> None:  # test_delete_object_versioned
    client = client_of(resource("AWS::S3::Bucket", BucketName="bucket", **given))
    first, second = put(client, b"1"), put(client, b"2")
    assert (read(client), read(client, VersionId=first)) == (b"2", b"1")
    deleted = client.delete_object(Bucket="bucket", Key="k")
    marker = deleted["VersionId"]
    assert (deleted["DeleteMarker"], read(client, VersionId=second)) == (True, b"2")
    assert [
        code_of(lambda: read(client)),
        code_of(lambda: read(client, VersionId=marker)),
        code_of(lambda: client.head_object(Bucket="bucket", Key="k", VersionId=marker)),
        code_of(lambda: read(client, VersionId="0" * 32)),
        code_of(lambda: read(client, VersionId="bad")),
        code_of(lambda: client.delete_object(Bucket="bucket", Key="k", VersionId="bad")),
    ] == [
        ("NoSuchKey", 404),
        ("MethodNotAllowed", 405),
        ("405", 405),
        ("NoSuchVersion", 404),
        ("InvalidArgument", 400),
        ("InvalidArgument", 400),
    ]
    assert client.list_objects_v2(Bucket="bucket")["KeyCount"] == 0
    gone = client.delete_object(Bucket="bucket", Key="k", VersionId=marker)
    assert (gone["DeleteMarker"], gone["VersionId"], read(client)) == (True, marker, b"2")
    client.delete_object(Bucket="bucket", Key="k", VersionId=second)
    assert read(client) == b"1"


def test_objects_are_deleted_by_version() -> None:  # test_delete_objects_versioned
    client = client_of()
    version = put(client, b"1")
    delete = {"Objects": [{"Key": "k", "VersionId": version}, {"Key": "none", "VersionId": "bad"}, {"Key": "new"}]}
    reply = client.delete_objects(Bucket="bucket", Delete=delete)
    gone, marked = reply["Deleted"]
    assert (gone, marked["DeleteMarker"]) == ({"Key": "k", "VersionId": version}, True)
    assert [(error["Key"], error["Code"], error["VersionId"]) for error in reply["Errors"]] == [
        ("none", "NoSuchVersion", "bad")
    ]


def test_versions_are_listed_by_pages() -> None:  # test_list_objects_versions_markers
    client = client_of()
    versions = [put(client, b"1"), put(client, b"2"), put(client, b"3", "a/1"), put(client, b"4", "a/2")]
    marker = client.delete_object(Bucket="bucket", Key="k")["VersionId"]
    whole = client.list_object_versions(Bucket="bucket")
    assert [each["VersionId"] for each in whole["Versions"]] == [versions[2], versions[3], versions[1], versions[0]]
    assert [each["IsLatest"] for each in whole["Versions"]] == [True, True, False, False]
    assert [(each["VersionId"], each["IsLatest"]) for each in whole["DeleteMarkers"]] == [(marker, True)]
    pages = client.get_paginator("list_object_versions").paginate(Bucket="bucket", PaginationConfig={"PageSize": 1})
    found = [each for page in pages for each in (*page.get("Versions", ()), *page.get("DeleteMarkers", ()))]
    assert [each["VersionId"] for each in found] == [versions[2], versions[3], marker, versions[1], versions[0]]
    folders = client.list_object_versions(Bucket="bucket", Delimiter="/", MaxKeys=1)
    rest = client.list_object_versions(Bucket="bucket", Delimiter="/", KeyMarker=folders["NextKeyMarker"])
    assert (folders["CommonPrefixes"], len(rest["Versions"])) == ([{"Prefix": "a/"}], 2)


def test_a_copy_of_a_version_brings_it_back() -> None:
    client = client_of()
    first = put(client, b"1")
    put(client, b"2")
    source = {"Bucket": "bucket", "Key": "k", "VersionId": first}
    reply = client.copy_object(Bucket="bucket", Key="k", CopySource=source)
    assert (reply["CopySourceVersionId"], read(client)) == (first, b"1")
    marker = client.delete_object(Bucket="bucket", Key="k")["VersionId"]
    refused = code_of(lambda: client.copy_object(Bucket="bucket", Key="x", CopySource={**source, "VersionId": marker}))
    assert refused == ("InvalidRequest", 400)  # test_s3_copy_object_src_not_exists


def test_others_are_told_of_versions_and_markers() -> None:  # test_object_created_put_versioned
    heard = Heard()
    queues = [{"Event": f"s3:{kind}:*", "Queue": arn("Queue")} for kind in ("ObjectCreated", "ObjectRemoved")]
    notifications = {"QueueConfigurations": queues, "EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    stack = template(
        Function=function(),
        Queue=resource("AWS::SQS::Queue"),
        Bucket=resource(
            "AWS::S3::Bucket",
            BucketName="bucket",
            VersioningConfiguration=ENABLED,
            NotificationConfiguration=notifications,
        ),
        Rule=rule(EventPattern={"source": ["aws.s3"], "detail-type": ["Object Deleted"]}),
    )
    simulation = simulated(heard, stack)
    client = simulation.client("s3")
    version = put(client, b"1")
    marker = client.delete_object(Bucket="bucket", Key="k")["VersionId"]
    client.delete_object(Bucket="bucket", Key="k", VersionId=version)
    simulation.run()
    records = [body["Records"][0] for body in simulation.queue("Queue").bodies if "Records" in body]
    told = [
        (each["eventName"], each["s3"]["object"]["versionId"], each["s3"]["object"].get("eTag")) for each in records
    ]
    assert told == [
        ("ObjectCreated:Put", version, "c4ca4238a0b923820dcc509a6f75849b"),
        ("ObjectRemoved:DeleteMarkerCreated", marker, "d41d8cd98f00b204e9800998ecf8427e"),
        ("ObjectRemoved:Delete", version, None),
    ]
    details = [(each["detail"]["deletion-type"], each["detail"]["object"]["version-id"]) for each in heard.events]
    assert details == [("Delete Marker Created", marker), ("Permanently Deleted", version)]


def test_suspended_versioning_is_not_modelled() -> None:
    bucket = resource("AWS::S3::Bucket", BucketName="bucket", VersioningConfiguration={"Status": "Suspended"})
    with pytest.raises(NotModelledError, match=r"Bucket .*VersioningConfiguration, suspended"):
        client_of(bucket)
