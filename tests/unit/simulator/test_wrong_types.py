"""A value of a wrong type is refused by an error that names argument, value and remedy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pytest

from redrive_simulator import Simulation
from tests.support.simulator.simulations import sqs_stack


def handler(event: Any, context: Any) -> None:
    """Does nothing."""


def made(**options: Any) -> Any:
    return Simulation.from_template(sqs_stack(), {"Function": handler}, **options)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: Simulation.from_template(sqs_stack(), cast("Any", [handler])),
            r"handlers=\[.*dictionary of",
        ),
        (lambda: Simulation.from_template(sqs_stack(), cast("Any", {1: handler})), "1 is no name of a function: give"),
        (lambda: made(parameters={"region": "x"}), r"parameters=\{'region': 'x'\}: give Parameters"),
        (lambda: made(template_parameters=["x"]), r"template_parameters=\['x'\]: give a dictionary"),
        (lambda: made(default_handler="x"), "default_handler='x': give the function"),
        (lambda: Simulation.from_assembly("x", cast("Any", {"F": handler})), r"stack=\{'F': .*handlers="),
        (lambda: Simulation.from_assembly(cast("Any", 3)), "folder=3: give the folder"),
        (lambda: made().queue({}), r"\{\} is no name of a queue: give"),
        (lambda: made().send("Queue", "x", at="5"), "at='5': give a number"),
        (lambda: made().send("Queue", "x", delay="5"), "delay='5': give a number"),
        (lambda: made().send("Queue", "x", group_id=5), "group_id=5: give text"),
        (lambda: made().send("Queue", "x", attributes=["a"]), r"attributes=\['a'\]: give a dictionary"),
        (lambda: made().send("Queue", {1, 2}), r"body=\{1, 2\} has no form in JSON"),
        (lambda: made().invoke("Function", {1}), r"event=\{1\} has no form in JSON"),
        (lambda: made().run_until("5"), "seconds='5': give a number"),
        (lambda: made().outage("Function", start="5"), "start='5': give a number"),
        (lambda: made().crash_once("Function", at_call="1"), "at_call='1': give a number"),
        (lambda: made().answer("ses", "SendEmail", "x"), "answer='x': give the function"),
        (lambda: made().client(3), "service=3: give the name"),
    ],
    ids=[
        *("handlers", "name of a handler", "parameters", "template parameters", "default handler", "stack", "folder"),
        *(
            "queue",
            "time",
            "delay",
            "group",
            "attributes",
            "body",
            "event",
            "end",
            "start",
            "call",
            "answer",
            "service",
        ),
    ],
)
def test_a_value_of_a_wrong_type_is_refused(call: Callable[[], object], message: str) -> None:
    with pytest.raises(TypeError, match=message):
        call()


def test_no_number_is_no_time() -> None:
    with pytest.raises(ValueError, match="seconds=nan: give a number"):
        made().run_until(float("nan"))
