"""Streams of tables, case by case: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import Outcome, Simulation
from tests.support.simulator.simulations import (
    fails,
    failures,
    put_all,
    stream_stack,
    table_stack,
)


def test_changes_of_a_table_reach_the_function_with_images_and_keys() -> None:
    records: list[dict[str, Any]] = []
    simulation = Simulation.from_template(
        table_stack(), {"Function": lambda event, context: records.extend(event["Records"])}
    )
    simulation.change("Table", {"id": "a", "count": 1})
    simulation.change("Table", {"id": "a", "count": 1})  # nothing changes, so the stream gets no record
    simulation.change("Table", {"id": "a", "count": 2})
    simulation.change("Table", delete={"id": "a"})
    simulation.run()
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"]
    change = records[1]["dynamodb"]
    assert change["Keys"] == {"id": {"S": "a"}}
    assert (change["OldImage"]["count"], change["NewImage"]["count"]) == ({"N": "1"}, {"N": "2"})
    assert simulation.table("Table").items == []


@pytest.mark.parametrize(("view", "images"), [("KEYS_ONLY", set()), ("NEW_IMAGE", {"NewImage"})])
def test_the_view_says_which_images_there_are(view: str, images: set[str]) -> None:
    records: list[dict[str, Any]] = []
    simulation = Simulation.from_template(
        table_stack(view=view), {"Function": lambda event, context: records.extend(event["Records"])}
    )
    simulation.change("Table", {"id": "a"})
    simulation.run()
    assert set(records[0]["dynamodb"]) & {"NewImage", "OldImage"} == images


def test_a_failed_batch_of_a_table_s_stream_is_reported_in_its_own_form() -> None:
    simulation = Simulation.from_template(table_stack(MaximumRetryAttempts=1), {"Function": fails})
    simulation.change("Table", {"id": "a"})
    simulation.run()
    (failure,) = failures(simulation)
    assert (failure.source, failure.approximate_invoke_count) == ("dynamodb", 2)
    (record,) = simulation.queue("Failures").bodies
    assert set(record) == {"requestContext", "responseContext", "version", "timestamp", "DDBStreamBatchInfo"}
    # Recorded: without milliseconds, which the time of the record itself has.
    assert record["DDBStreamBatchInfo"]["approximateArrivalOfFirstRecord"] == "2026-01-01T12:00:00Z"
    assert record["timestamp"] == "2026-01-01T12:00:01.000Z"


def test_two_functions_on_one_stream_are_independent() -> None:
    stack = stream_stack(MaximumRetryAttempts=0)
    resources = stack["Resources"]
    resources["Other"] = resources["Function"]
    properties = {**resources["Mapping"]["Properties"], "FunctionName": {"Ref": "Other"}}
    resources["OtherMapping"] = {**resources["Mapping"], "Properties": properties}
    simulation = Simulation.from_template(stack, {"Function": fails, "Other": lambda event, context: None})
    put_all(simulation, (1,))
    simulation.run()
    outcomes = {ended.function: ended.outcome for ended in simulation.ended if ended.source == "Stream"}
    assert outcomes == {"Function": Outcome.DESTINATION, "Other": Outcome.PROCESSED}
