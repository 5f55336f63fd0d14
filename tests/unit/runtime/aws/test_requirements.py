"""A boto3 that does not know the parameters on which the helpers rely is refused."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import botocore
import botocore.session
import pytest
from botocore.loaders import Loader

from redrive import S3Counter
from redrive.aws.clients import client, clients
from redrive.aws.requirements import MINIMUM, check_version

ROOT = Path(__file__).parents[4]
Shapes = dict[str, Any]
Without = Callable[[Shapes], Shapes]
#: Keeps what it has loaded.
INSTALLED: Any = Loader()


class OldLoader(Loader):
    """Loads the models of the installed boto3, without what one of them had not yet."""

    def __init__(self, service: str, take_out: Without) -> None:
        super().__init__()
        self._service, self._take_out = service, take_out

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        model: Any = INSTALLED.load_service_model(service_name, type_name, api_version)
        if (service_name, type_name) == (self._service, "service-2"):
            return {**model, "shapes": self._take_out(model["shapes"])}
        return model

    def load_data_with_path(self, name: str) -> Any:
        return INSTALLED.load_data_with_path(name)


def old_client(service: str, take_out: Without) -> Any:
    """A client as an old boto3 makes it."""
    session: Any = botocore.session.Session()
    session.register_component("data_loader", OldLoader(service, take_out))
    return session.create_client(service, "eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")


def without(shape: str, *members: str) -> Without:
    def take_out(shapes: Shapes) -> Shapes:
        left = dict(shapes[shape]["members"])
        for member in members:
            del left[member]
        return {**shapes, shape: {**shapes[shape], "members": left}}

    return take_out


OLD = {
    "s3, 1.34": ("s3", without("PutObjectRequest", "IfMatch", "IfNoneMatch"), "IfMatch of PutObject"),
    "s3, 1.35.2": ("s3", without("PutObjectRequest", "IfMatch"), "IfMatch of PutObject"),
    "put item": (
        "dynamodb",
        without("PutItemInput", "ReturnValuesOnConditionCheckFailure"),
        "ReturnValuesOnConditionCheckFailure of PutItem",
    ),
    "statements": (
        "dynamodb",
        without("BatchStatementRequest", "ReturnValuesOnConditionCheckFailure"),
        "Statements.ReturnValuesOnConditionCheckFailure of BatchExecuteStatement",
    ),
}


@pytest.fixture
def no_client_is_kept() -> Iterator[None]:
    yield
    for service in ("s3", "dynamodb", "sqs", "kinesis", "lambda", "logs", "dynamodbstreams"):
        with clients.replaced(lambda service, limits: None):
            client(service)


@pytest.mark.parametrize(("service", "take_out", "lack"), list(OLD.values()), ids=list(OLD))
def test_a_client_that_does_not_know_a_parameter_is_refused(
    no_client_is_kept: None, service: str, take_out: Without, lack: str
) -> None:
    """Each time: it is not kept."""
    old = old_client(service, take_out)
    with clients.replaced(lambda service, limits: old):
        for _ in range(2):
            with pytest.raises(ImportError, match=re.escape(lack)) as refused:
                client(service)
            assert f"boto3 {MINIMUM} or newer" in str(refused.value)
            assert botocore.__version__ in str(refused.value)


def test_counting_fails_with_a_remedy(no_client_is_kept: None) -> None:
    """Instead of a bare `KeyError`; the handler logs it, or raises it with on_counter_failure."""
    old = old_client("s3", without("PutObjectRequest", "IfMatch", "IfNoneMatch"))
    with clients.replaced(lambda service, limits: old), pytest.raises(ImportError, match="IfMatch"):
        S3Counter("bucket").increment("1")


@pytest.mark.parametrize("service", ["s3", "dynamodb", "sqs", "kinesis", "lambda", "logs", "dynamodbstreams"])
def test_the_installed_boto3_knows_all_of_them(no_client_is_kept: None, service: str) -> None:
    made = old_client(service, lambda shapes: shapes)
    with clients.replaced(lambda service, limits: made):
        assert client(service) is made


@pytest.mark.parametrize("kind", ["mock", "specified", "none"])
def test_a_stand_in_is_not_checked(no_client_is_kept: None, kind: str) -> None:
    """Also not by asking it for attributes, of which a simulated client has none."""
    old = old_client("s3", without("PutObjectRequest", "IfMatch"))
    stand_in = {"mock": Mock(), "specified": Mock(spec=old), "none": None}[kind]
    with clients.replaced(lambda service, limits: stand_in):
        assert client("s3") is stand_in


@pytest.mark.parametrize("version", ["1.34.0", "1.35.2", "1.35.68", "0.99.999"])
def test_the_counter_is_refused_when_it_is_made(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(botocore, "__version__", version)
    with pytest.raises(ImportError, match=f"botocore {re.escape(version)} .* boto3 {re.escape(MINIMUM)} or newer"):
        S3Counter("bucket")


@pytest.mark.parametrize("version", [MINIMUM, "1.35.100", "1.36.0", "1.44.5", "2.0.0", "1.36.0rc1", "2.0.dev1"])
def test_newer_versions_are_taken(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(botocore, "__version__", version)
    S3Counter("bucket")


def test_without_boto3_only_a_call_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    """A unit test may have stand-ins only."""
    monkeypatch.setitem(__import__("sys").modules, "botocore", None)
    check_version()


def test_the_package_declares_the_same_minimum() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras: dict[str, list[str]] = project["optional-dependencies"]
    declared = [each for extra in extras.values() for each in extra if each.startswith("boto")]
    assert declared == [f"boto3>={MINIMUM}"]


@pytest.mark.parametrize("page", ["docs/asynchronous.md", "README.md", "CHANGELOG.md"])
def test_the_pages_name_the_same_minimum(page: str) -> None:
    assert MINIMUM in (ROOT / page).read_text(encoding="utf-8")
