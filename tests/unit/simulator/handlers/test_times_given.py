"""The stand-ins take a time in each form that botocore takes, in members, lists and structures.

https://github.com/boto/botocore/blob/develop/botocore/utils.py: `parse_to_aware_datetime`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.exceptions import ParamValidationError

from redrive_simulator import Simulation
from tests.support.simulator.simulations import resource, template

# All of them are 1 January 2026, 12:00:00 UTC, when a simulation begins.
FORMS: dict[str, Any] = {
    "int": 1_767_268_800,
    "float": 1_767_268_800.0,
    "text of an int": "1767268800",
    "ISO": "2026-01-01T12:00:00Z",
    "ISO with an offset": "2026-01-01T14:00:00+02:00",
    "ISO without a zone": "2026-01-01T12:00:00",
    "RFC 822": "Thu, 01 Jan 2026 12:00:00 GMT",
    "datetime": datetime(2026, 1, 1, 12, tzinfo=UTC),
    "datetime of another zone": datetime(2026, 1, 1, 7, tzinfo=timezone(timedelta(hours=-5))),
    "datetime without a zone": datetime(2026, 1, 1, 12),  # noqa: DTZ001
}
OBJECT = {"Bucket": "bucket", "Key": "key"}
ENTRY = {"Source": "shop", "DetailType": "sold", "Detail": "{}"}


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    made = Simulation.from_template(
        template(
            Bucket=resource("AWS::S3::Bucket", BucketName="bucket"),
            Rule=resource("AWS::Events::Rule", EventPattern={"source": ["shop"]}),
        )
    )
    made.client("s3").put_object(**OBJECT, Body=b"7")
    return made


def code_of(call: Callable[..., Any], **parameters: Any) -> str | None:
    from botocore.exceptions import ClientError

    try:
        call(**parameters)
    except ClientError as error:
        return error.response.get("Error", {}).get("Code")
    return None


@pytest.mark.parametrize("form", FORMS)
def test_a_time_in_any_form_is_the_same_time(form: str, simulation: Simulation) -> None:
    given = FORMS[form]
    simulation.client("events").put_events(Entries=[ENTRY | {"Time": 0}, ENTRY | {"Time": given}])
    assert [each["time"] for each in simulation.bus("default").events[-2:]] == [
        "1970-01-01T00:00:00Z",
        "2026-01-01T12:00:00Z",
    ]
    s3 = simulation.client("s3")
    assert s3.get_object(**OBJECT, ResponseExpires=given)["Expires"] == datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert code_of(s3.head_object, **OBJECT, IfModifiedSince=given) == "304"
    assert code_of(s3.get_object, **OBJECT, IfUnmodifiedSince=given) is None
    copied = {"Bucket": "bucket", "Key": "copy", "CopySource": OBJECT}
    assert code_of(s3.copy_object, **copied, CopySourceIfModifiedSince=given) == "PreconditionFailed"


def test_what_botocore_takes_for_no_time_is_refused(simulation: Simulation) -> None:
    with pytest.raises(ParamValidationError, match="Entries"):
        simulation.client("events").put_events(Entries=[ENTRY | {"Time": "yesterday"}])


def test_an_answer_of_a_test_gets_times_of_one_type(simulation: Simulation) -> None:
    seen: list[Any] = []
    simulation.answer("cloudwatch", "PutMetricData", lambda **given: seen.append(given))
    metric = {"MetricName": "Sold", "Value": 7.0, "Timestamp": 1_767_268_800}
    simulation.client("cloudwatch").put_metric_data(Namespace="Shop", MetricData=[metric])
    assert seen[0]["MetricData"] == [metric | {"Timestamp": datetime(2026, 1, 1, 12, tzinfo=UTC)}]
