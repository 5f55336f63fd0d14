"""Log lines are fields that can be queried, in Lambda's text format and in its JSON format."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from redrive import sqs_handler
from redrive.core.log import warn
from redrive.testing import LambdaContext, sqs_event


def in_json(record: logging.LogRecord) -> dict[str, Any]:
    """The line that the formatter of Lambda's runtime interface client makes (awslambdaric 4.2, log utilities)."""
    reserved = {"name", "msg", "args", "levelname", "levelno", "pathname", "filename", "module", "exc_info", "exc_text"}
    reserved |= {"stack_info", "lineno", "funcName", "created", "msecs", "relativeCreated", "thread", "threadName"}
    reserved |= {"processName", "process"}
    line = {"level": record.levelname, "message": record.getMessage(), "logger": record.name}
    line |= {name: value for name, value in vars(record).items() if name not in reserved and name not in line}
    return json.loads(json.JSONEncoder(ensure_ascii=False).encode(line).encode())


@pytest.fixture(params=["Text", "JSON", "json"])
def log_format(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_LAMBDA_LOG_FORMAT", request.param)
    return request.param.upper()


def test_a_failure_is_fields(log_format: str, caplog: pytest.LogCaptureFixture) -> None:
    @sqs_handler
    def handler(message: object) -> None:
        raise ValueError("no stock")

    handler(sqs_event("1"), LambdaContext(request_id="r"))
    failure = next(each for each in caplog.records if each.__dict__["event"] == "redrive.sqs.failure")
    line = in_json(failure)
    expected = {"level": "WARNING", "error": "no stock", "error_type": "ValueError", "request_id": "r"}
    assert {**line, **expected} == line
    assert line["frames"][-1].endswith("in handler")
    if log_format == "JSON":
        assert line["message"] == "redrive.sqs.failure"
    else:
        written = json.loads(line["message"])
        assert written == {name: line[name] for name in written}


@pytest.mark.parametrize(
    "value", [object(), {1: object()}, "half of a \ud83d", b"\xff", float("inf"), ["\x00"], {"a": {"b": [1]}}]
)
def test_any_value_can_be_written(log_format: str, caplog: pytest.LogCaptureFixture, value: object) -> None:
    warn("redrive.test", error=value, nothing=None)
    (record,) = caplog.records
    line = in_json(record)
    assert line["event"] == "redrive.test"
    assert "error" in line
    assert "nothing" not in line


@pytest.mark.parametrize("name", ["message", "name", "args", "asctime", "msg", "levelname", "module", "exc_info"])
def test_a_field_never_takes_the_name_of_anothers(log_format: str, caplog: pytest.LogCaptureFixture, name: str) -> None:
    warn("redrive.test", **{name: "mine"})
    (record,) = caplog.records
    assert record.__dict__[f"{name}_"] == "mine"
    assert record.name == "redrive"


class Unasked:
    """A value that is not to be shown."""

    def __str__(self) -> str:
        raise AssertionError


def test_a_line_that_nobody_sees_is_not_made(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.ERROR, "redrive")
    warn("redrive.test", value=Unasked())
    assert capsys.readouterr().out == ""
    caplog.set_level(logging.WARNING, "redrive")
    warn("redrive.test", value=Unasked())
    assert "not_logged" in capsys.readouterr().out
