"""Filters in a simulation: what they leave out, and templates that AWS refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive_simulator import Outcome, Simulation, TemplateError
from tests.support.simulator.simulations import bodies, sqs_stack


def filtered(pattern: Any) -> dict[str, Any]:
    return {"FilterCriteria": {"Filters": [{"Pattern": json.dumps(pattern)}]}}


#: Pattern of the body, and a body that passes.
PASSING: list[tuple[Any, Any]] = [
    ({"customer": {"blocked": [{"exists": False}]}}, {"id": 7}),
    ({"total": [300]}, {"total": 300.0}),
    ({"lines": {"sku": ["a"]}}, {"lines": [{"sku": "b"}, {"sku": "a"}]}),
    ({"kind": [{"anything-but": {"prefix": ["test", "demo"]}}]}, {"kind": "order"}),
]


@pytest.mark.parametrize(("pattern", "body"), PASSING)
def test_a_message_reaches_the_function_if_it_matches(pattern: Any, body: Any) -> None:
    """Each was deleted, or an error, before the filters were those of AWS's matcher."""
    seen: list[str] = []
    stack = sqs_stack(**filtered({"body": pattern}))
    simulation = Simulation.from_template(stack, {"Function": lambda event, context: seen.extend(bodies(event))})
    simulation.send("Queue", body)
    simulation.run()
    assert [json.loads(each) for each in seen] == [body]
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED]


@pytest.mark.parametrize("pattern", [{"body": {"kind": "order"}}, {"body": {"kind": [{"starts": "o"}]}}, []])
def test_a_template_with_a_filter_that_lambda_refuses_is_an_error(pattern: Any) -> None:
    with pytest.raises(TemplateError, match="Mapping: Lambda refuses the filter"):
        Simulation.from_template(sqs_stack(**filtered(pattern)), {"Function": lambda event, context: None})
