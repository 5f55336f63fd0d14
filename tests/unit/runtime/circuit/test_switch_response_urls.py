"""The switch calls no URL but CloudFormation's, whoever invokes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from redrive.circuit.switch.handler import handler
from redrive.settings.circuit import PAUSED_BY
from tests.unit.runtime.circuit.test_switch import Mapping, World, a_world

BUCKET = "cloudformation-custom-resource-response-"
PATH = "arn%3Aaws%3Acloudformation%3Aeu-west-1%3A111122223333%3Astack/x/y?X-Amz-Signature=z"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    with a_world(monkeypatch) as made:
        made.mappings["a"] = Mapping("Disabled", {PAUSED_BY: "Payments"})
        yield made


@pytest.fixture
def called(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []

    class Answer:
        def __enter__(self) -> None: ...
        def __exit__(self, *_: object) -> None: ...

    def urlopen(request: Any, timeout: float) -> Answer:
        found.append(request.full_url)
        return Answer()

    monkeypatch.setattr("urllib.request.urlopen", urlopen)
    return found


def request(url: object) -> dict[str, Any]:
    return {
        "RequestType": "Delete",
        "ResponseURL": url,
        "StackId": "stack",
        "RequestId": "request",
        "LogicalResourceId": "Resumption",
        "ResourceProperties": {"Mapping": "a"},
    }


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", f"{BUCKET}euwest1.s3-eu-west-1.amazonaws.com"),
        ("eu-west-1", f"{BUCKET}euwest1.s3.eu-west-1.amazonaws.com"),
        ("us-east-1", f"{BUCKET}useast1.s3.amazonaws.com"),
        ("us-east-1", f"{BUCKET}useast1.s3.us-east-1.amazonaws.com:443"),
        ("cn-north-1", f"{BUCKET}cnnorth1.s3.cn-north-1.amazonaws.com.cn"),
        ("us-gov-west-1", f"{BUCKET}usgovwest1.s3.us-gov-west-1.amazonaws.com"),
        ("us-iso-east-1", f"{BUCKET}usisoeast1.s3.us-iso-east-1.c2s.ic.gov"),
        ("eusc-de-east-1", f"{BUCKET}euscdeeast1.s3.eusc-de-east-1.amazonaws.eu"),
        ("", f"{BUCKET}apsoutheast2.s3.ap-southeast-2.amazonaws.com"),
        ("eu-west-1", f"{BUCKET}euwest1.s3.dualstack.eu-west-1.amazonaws.com"),
    ],
)
def test_cloudformations_own_urls_are_called(
    world: World, called: list[str], monkeypatch: pytest.MonkeyPatch, region: str, host: str
) -> None:
    if region:
        monkeypatch.setenv("AWS_REGION", region)
    handler(request(f"https://{host}/{PATH}"), None)
    assert called == [f"https://{host}/{PATH}"]
    assert world.mappings["a"].state == "Enabled"


GOOD = f"{BUCKET}euwest1.s3.eu-west-1.amazonaws.com"


@pytest.mark.parametrize(
    "url",
    [
        f"http://{GOOD}/x",
        f"ftp://{GOOD}/x",
        "file:///etc/passwd",
        "data:,x",
        "",
        "/x",
        None,
        7,
        "https://169.254.169.254/latest/meta-data",
        "http://127.0.0.1:9001/2018-06-01/runtime",
        "https://example.com/",
        f"https://{GOOD}:8443/x",
        f"https://{GOOD}:x/",
        f"https://{GOOD}@example.com/",
        f"https://user:password@{GOOD}/",
        f"https://{GOOD}.example.com/",
        f"https://example.com/{GOOD}",
        f"https://example.com#{GOOD}",
        f"https://example.com?.{GOOD}",
        f"https://example.com\\.{GOOD}",
        f"https://evil-{GOOD}/",
        f"https://x.{GOOD}/",
        f"https://{BUCKET}evil.s3.eu-west-1.amazonaws.com/",
        f"https://{BUCKET}useast1.s3.us-east-1.amazonaws.com/",
        f"https://{BUCKET}eu-west-1.s3.eu-west-1.amazonaws.com/",
        f"https://{BUCKET}euwest1.s3.eu-west-1.amazonaws.com.evil.com/",
        f"https://{BUCKET}euwest1.s3xamazonaws.com/",
        f"https://{BUCKET}euwest1.execute-api.eu-west-1.amazonaws.com/",
        f"https://{BUCKET}euwest1.s3-website-eu-west-1.amazonaws.com.evil.com/",
        f"https://orders.s3.eu-west-1.amazonaws.com/{BUCKET}euwest1",
        "https://[::1]/",
        "https://[/",
    ],
)
def test_no_other_url_is_called_and_nothing_is_changed(
    world: World, called: list[str], monkeypatch: pytest.MonkeyPatch, url: object
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")
    with pytest.raises(ValueError, match="ResponseURL"):
        handler(request(url), None)
    assert (called, world.calls) == ([], [])


@pytest.mark.parametrize("url", ["http://localhost:4566/answer", "https://example.com/"])
def test_the_endpoint_of_a_local_aws_is_called_where_one_is_configured(
    world: World, called: list[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:4566")
    if "localhost" in url:
        handler(request(url), None)
        assert called == [url]
    else:
        with pytest.raises(ValueError, match="ResponseURL"):
            handler(request(url), None)
