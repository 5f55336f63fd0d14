"""Responses are encoded as Lambda's runtime does it, and a function's log has all of its output."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import async_stack, function, template


def answered(response: Any, **properties: Any) -> Any:
    simulation = Simulation.from_template(
        template(Function=function(**properties)),
        {"Function": lambda event, context: response() if callable(response) else response},
        echo=False,
    )
    return simulation.invoke("Function")


@pytest.mark.parametrize(
    ("response", "text"),
    [
        (math.nan, "NaN"),
        ({"found": -math.inf}, '{"found": -Infinity}'),
        ([Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity")], "[NaN, NaN, Infinity]"),
    ],
    ids=["nan", "inf", "decimals"],
)
def test_what_is_not_a_number_is_passed_on_as_text_that_is_no_json(response: Any, text: str) -> None:
    """lambda_runtime_marshaller.py of Lambda's runtime has `allow_nan=True`."""
    answer = answered(response)
    assert (answer.payload, answer.function_error) == (text, None)


def test_a_batch_whose_response_is_no_json_fails() -> None:
    stack = template(
        Queue={"Type": "AWS::SQS::Queue"},
        Function=function(),
        Mapping={
            "Type": "AWS::Lambda::EventSourceMapping",
            "Properties": {
                "EventSourceArn": {"Fn::GetAtt": ["Queue", "Arn"]},
                "FunctionName": {"Ref": "Function"},
                "FunctionResponseTypes": ["ReportBatchItemFailures"],
            },
        },
    )
    answers = [{"batchItemFailures": [], "average": math.nan}, None]
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: answers.pop(0)})
    simulation.send("Queue", "x")
    simulation.run()
    assert len(simulation.timeline.attempts) == 2


@pytest.mark.parametrize(
    ("number", "value"),
    [("7", 7), ("1.0", 1.0), ("1E+2", 100.0), ("0.1", 0.1)],
    ids=["whole", "point", "power", "part"],
)
def test_decimals_are_written_as_they_are(number: str, value: float) -> None:
    found = answered(Decimal(number)).payload
    assert (found, type(found)) == (value, type(value))


def circular() -> Any:
    members: list[Any] = []
    members.append({"members": members})
    return members


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        (circular, "Circular reference detected"),
        ({1, 2}, "Object of type set is not JSON serializable"),
        (datetime(2026, 1, 1, tzinfo=UTC), "Object of type datetime is not JSON serializable"),
        ({(1, 2): 3}, "keys must be str, int, float, bool or None, not tuple"),
    ],
    ids=["circular", "set", "time", "key"],
)
def test_an_error_of_the_encoding_has_no_trace(response: Any, reason: str) -> None:
    """bootstrap.py of Lambda's runtime makes it without one."""
    answer = answered(response)
    assert answer.payload == {
        "errorMessage": f"Unable to marshal response: {reason}",
        "errorType": "Runtime.MarshalError",
        "requestId": answer.request_id,
        "stackTrace": [],
    }


@pytest.mark.parametrize(
    ("runtime", "kind"),
    [("python3.11", None), ("python3.12", "Runtime.ExitError"), ("python3.14", "Runtime.ExitError")],
)
def test_half_a_surrogate_pair_ends_the_runtimes_that_write_utf_8(runtime: str, kind: str | None) -> None:
    """lambda_runtime_client.py of Lambda's runtime encodes it outside of what handles errors."""
    answer = answered("\ud800", Runtime=runtime)
    if kind is None:
        assert answer.payload == "\ud800"
    else:
        assert answer.payload["errorType"] == kind
    assert answered("😀", Runtime=runtime).payload == "😀"


def test_an_event_that_is_no_json_is_refused() -> None:
    simulation = Simulation.from_template(async_stack(), {"Function": print})
    with pytest.raises(TypeError, match=r"event=nan has no form in JSON"):
        simulation.invoke("Function", math.nan, asynchronous=True)


def _halves(event: Any, context: Any) -> None:
    sys.stdout.write(f"{event}, ")
    time.sleep(1)
    sys.stdout.write("end")


def _logs(event: Any, context: Any) -> None:
    context.log("one")
    context.log("two\n")


def _raises(event: Any, context: Any) -> None:
    print("before", end="")
    raise ValueError("boom")


@pytest.mark.parametrize(
    ("handler", "lines"),
    [
        (_halves, ["a, end"]),
        (_logs, ["one", "two"]),
        (_raises, ["before", "[ERROR] ValueError: boom"]),
        (lambda event, context: print("a\u2028b\r\nc"), ["a\u2028b", "c"]),
    ],
    ids=["halves", "context", "error", "separators"],
)
def test_the_log_has_each_line_also_one_without_an_end(handler: Callable[[Any, Any], Any], lines: list[str]) -> None:
    simulation = Simulation.from_template(template(Function=function()), {"Function": handler}, echo=False)
    simulation.invoke("Function", "a")
    assert [line for _, line in simulation.function("Function").log][: len(lines)] == lines


def test_halves_of_lines_of_functions_that_run_at_a_time_are_kept_apart() -> None:
    stack = template(One=function(), Two=function())
    simulation = Simulation.from_template(stack, {"One": _halves, "Two": _halves}, echo=False)
    simulation.invoke("One", 1, asynchronous=True)
    simulation.invoke("Two", 2, asynchronous=True)
    simulation.run()
    assert [simulation.function(name).log for name in ("One", "Two")] == [[(1, "1, end")], [(1, "2, end")]]
