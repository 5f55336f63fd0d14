"""Lambda's stand-in describes event source mappings, and keeps the tags of functions and mappings.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda_api.snapshot.json,
which was recorded on AWS; API for https://docs.aws.amazon.com/lambda/latest/api/.
"""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.called_functions import FUNCTION_ARN, made
from tests.support.simulator.refused import error

NOT_FOUND, INVALID = "ResourceNotFoundException", "InvalidParameterValueException"


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return made()


@pytest.fixture
def client(simulation: Simulation) -> Any:
    return simulation.client("lambda")


def uuids(simulation: Simulation, **given: Any) -> list[str]:
    pages = simulation.client("lambda").get_paginator("list_event_source_mappings").paginate(**given)
    return [each["UUID"] for page in pages for each in page["EventSourceMappings"]]


def test_mappings_are_listed_and_described(client: Any, simulation: Simulation) -> None:
    """SNAP test_event_source_mapping_lifecycle, API API_ListEventSourceMappings.html"""
    every = uuids(simulation)
    assert uuids(simulation, PaginationConfig={"PageSize": 1}) == every
    (of_queue,) = uuids(simulation, EventSourceArn="arn:aws:sqs:eu-west-1:111111111111:queue")
    assert sorted(uuids(simulation, FunctionName=FUNCTION_ARN.format("orders"))) == every
    assert uuids(simulation, FunctionName="off") == []
    found = client.get_event_source_mapping(UUID=of_queue)
    assert {name: found[name] for name in ("BatchSize", "ScalingConfig", "FunctionResponseTypes", "State")} == {
        "BatchSize": 5,
        "ScalingConfig": {"MaximumConcurrency": 7},
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "State": "Enabled",
    }
    of_stream = client.get_event_source_mapping(UUID=next(each for each in every if each != of_queue))
    of_streams = ("MaximumRetryAttempts", "ParallelizationFactor", "MaximumRecordAgeInSeconds", "FunctionArn")
    assert [of_stream[name] for name in of_streams] == [1, 2, -1, FUNCTION_ARN.format("orders")]
    assert error(client.list_event_source_mappings, Marker="none")[0] == INVALID


UNKNOWN = "00000000-0000-0000-0000-000000000000"


def test_an_unknown_mapping_is_refused(client: Any) -> None:
    """SNAP test_event_source_mapping_exceptions"""
    for call in (client.get_event_source_mapping, client.update_event_source_mapping):
        assert error(call, UUID=UNKNOWN) == (NOT_FOUND, "The resource you requested does not exist.")
    with pytest.raises(NotSimulatedError, match="BatchSize"):
        client.update_event_source_mapping(UUID=UNKNOWN, BatchSize=1)


MAPPING_ARN = f"arn:aws:lambda:eu-west-1:111111111111:event-source-mapping:{UNKNOWN}"


@pytest.mark.parametrize(
    ("arn_", "code", "message"),
    [
        (FUNCTION_ARN.format("none"), NOT_FOUND, f"Function not found: {FUNCTION_ARN.format('none')}"),
        (MAPPING_ARN, NOT_FOUND, f"Event source mapping not found: {MAPPING_ARN}"),
        (
            FUNCTION_ARN.format("orders:live"),
            INVALID,
            "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        ),
        ("arn:aws:lambda:eu-west-1:111111111111:foobar:orders", "ValidationException", "regular expression pattern"),
    ],
    ids=["function", "mapping", "alias", "no ARN"],
)
def test_tags_of_what_is_not_there_are_refused(arn_: str, code: str, message: str, client: Any) -> None:
    """SNAP test_tag_exceptions, test_tag_nonexisting_resource"""
    for call, more in (
        (client.list_tags, {}),
        (client.tag_resource, {"Tags": {"a": "b"}}),
        (client.untag_resource, {"TagKeys": ["a"]}),
    ):
        found = error(call, Resource=arn_, **more)
        assert (found[0], message in found[1]) == (code, True)


def test_tags_begin_with_those_of_the_template(client: Any) -> None:
    """SNAP test_tag_lifecycle"""
    given = {"Resource": FUNCTION_ARN.format("orders")}
    assert client.list_tags(**given)["Tags"] == {"team": "shop"}
    reply = client.tag_resource(**given, Tags={"team": "other", "a": "b"})
    assert reply["ResponseMetadata"]["HTTPStatusCode"] == 204
    client.untag_resource(**given, TagKeys=["a", "none"])
    assert client.list_tags(**given)["Tags"] == {"team": "other"}
