"""`Invoker`: results, and where its function and settings come from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import botocore.exceptions as aws_errors
import pytest

from redrive import Invoker, InvokerSettings, SettingsError
from tests.support.runtime.invoker.fake_lambda import FUNCTION, REQUEST_ID, FakeLambda, queued, response, result
from tests.support.runtime.invoker.invoking import invoker
from tests.unit.runtime.test_imports import HEAVY, loaded_by


@pytest.mark.parametrize("value", [None, True, 1.5, "äöü", [1, [2]], {"lines": [{"sku": "ä"}]}])
def test_json_goes_in_and_comes_out(aws: FakeLambda, value: Any) -> None:
    aws.answers(result(value))
    assert invoker().invoke(value) == value
    assert aws.payloads == [value]


def test_the_function_is_waited_for_and_its_log_asked_for(aws: FakeLambda) -> None:
    invoker().invoke({"sku": 7})
    assert aws.requests == [
        {"FunctionName": FUNCTION, "InvocationType": "RequestResponse", "LogType": "Tail", "Payload": b'{"sku":7}'}
    ]


def test_an_event_is_queued_and_its_request_id_returned(aws: FakeLambda) -> None:
    aws.answers(queued())
    assert invoker().send({"sku": 7}) == REQUEST_ID
    assert aws.requests == [{"FunctionName": FUNCTION, "InvocationType": "Event", "Payload": b'{"sku":7}'}]


def test_an_event_is_queued_whatever_becomes_of_the_empty_answer(aws: FakeLambda) -> None:
    """The status has come, and with it all there is to know."""
    aws.answers(response(b"", 202, breaks=aws_errors.IncompleteReadError(actual_bytes=0, expected_bytes=2)))
    assert invoker().send({}) == REQUEST_ID


def test_an_empty_answer_is_none(aws: FakeLambda) -> None:
    aws.answers(response(b""))
    assert invoker().invoke({}) is None


# Settings.


def test_the_construct_says_which_function_it_is(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    """Looked up at the first call and kept: where the module is imported, nothing may be set up yet."""
    caller = Invoker("Prices")
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Stock", "function": "stock"}')
    monkeypatch.setenv("REDRIVE_INVOKER_2", '{"name": "Prices", "function": "prices:live", "function_timeout": 20}')
    caller.invoke({})
    monkeypatch.delenv("REDRIVE_INVOKER_2")
    caller.invoke({})
    assert [request["FunctionName"] for request in aws.requests] == ["prices:live"] * 2
    assert aws.limits[0].read > 20


def test_what_is_passed_by_hand_wins(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Prices", "function": "prices", "function_timeout": 20}')
    Invoker("Prices", settings=InvokerSettings(function_timeout=100)).invoke({})
    assert aws.requests[0]["FunctionName"] == "prices"
    assert aws.limits[0].read > 100


def test_nothing_is_read_where_the_function_is_passed_by_hand(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRIVE_INVOKER_1", "no JSON")
    assert invoker().invoke({}) == "an answer"


def test_a_function_that_is_not_configured_is_a_clear_error(aws: FakeLambda, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="no function to call is known as 'Prices'"):
        Invoker("Prices").invoke({})
    monkeypatch.setenv("REDRIVE_INVOKER_1", '{"name": "Prices"}')
    with pytest.raises(SettingsError, match="'Prices' name no function"):
        Invoker("Prices").send({})
    assert aws.requests == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"max_attempts": 0}, "max_attempts 0"),
        ({"max_attempts": 1.5}, "max_attempts 1.5"),
        ({"also_retry": "ServiceException"}, "also_retry 'ServiceException'"),
        ({"never_retry": "ServiceException"}, "never_retry 'ServiceException'"),
        ({"also_retry": ["A", "B"], "never_retry": {"B"}}, r"\['B'\] in also_retry and in never_retry"),
    ],
)
def test_a_bad_argument_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Invoker(**options)


def test_one_invoker_serves_many_threads(aws: FakeLambda) -> None:
    aws.answers(lambda: result({"payload": "of its own"}))
    caller = invoker()
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(caller.invoke, range(50))) == [{"payload": "of its own"}] * 50
    assert sorted(aws.payloads) == list(range(50))


def test_a_cold_start_pays_for_nothing_heavy() -> None:
    code = "from redrive import FunctionError, Invoker\nFunctionError, Invoker('Prices')"
    assert loaded_by(code).isdisjoint(HEAVY)
