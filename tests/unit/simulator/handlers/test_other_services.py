"""Services without a stand-in are answered by moto, in virtual time, or refused by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from redrive_simulator.handlers.clients.real import _session
from tests.support.simulator.simulations import function, resource, template

STACK = template(
    Function=function(FunctionName="function"),
    Queue=resource("AWS::SQS::Queue", QueueName="queue"),
    Topic=resource("AWS::SNS::Topic", TopicName="topic"),
    Bucket=resource("AWS::S3::Bucket", BucketName="bucket"),
)
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
ROLE = "arn:aws:iam::111111111111:role/role"
OF_QUEUE = "arn:aws:sqs:eu-west-1:111111111111:queue"
URL = "https://sqs.eu-west-1.amazonaws.com/111111111111/queue"

Call = Callable[[Simulation], Any]


def parameter(simulation: Simulation) -> Any:
    ssm = simulation.client("ssm")
    ssm.put_parameter(Name="queue", Value=URL, Type="String")  # an ARN or URL is a text like others here
    found = ssm.get_parameter(Name="queue")["Parameter"]
    return found["Value"], found["LastModifiedDate"]


def statistics(simulation: Simulation) -> Any:
    cloudwatch = simulation.client("cloudwatch")
    cloudwatch.put_metric_data(Namespace="shop", MetricData=[{"MetricName": "sold", "Value": 3}])
    named = {"Namespace": "shop", "MetricName": "sold", "Period": 60, "Statistics": ["Sum"]}
    end = NOON.replace(hour=13)
    (point,) = cloudwatch.get_metric_statistics(**named, StartTime=NOON, EndTime=end)["Datapoints"]
    return point["Timestamp"], point["Sum"]


def secret(simulation: Simulation) -> Any:
    secrets = simulation.client("secretsmanager")
    secrets.create_secret(Name="key", SecretString="secret")
    found = secrets.get_secret_value(SecretId="key")
    return found["SecretString"], found["CreatedDate"]


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (lambda s: s.client("sts").get_caller_identity()["Account"], "111111111111"),
        (parameter, (URL, NOON)),
        (statistics, (NOON, 3)),
        (secret, ("secret", NOON)),
    ],
    ids=["sts", "ssm", "cloudwatch", "secretsmanager"],
)
def test_moto_answers_in_virtual_time(call: Call, expected: Any) -> None:
    assert call(Simulation.from_template(STACK)) == expected


def test_moto_carries_a_call_out_once_for_a_client_that_was_made_after_its_import() -> None:
    import moto.core.models  # pyright: ignore[reportUnusedImport]  # noqa: F401

    _session.cache_clear()
    assert statistics(Simulation.from_template(STACK)) == (NOON, 3)


def test_errors_of_moto_have_the_types_of_the_client() -> None:
    ssm = Simulation.from_template(STACK).client("ssm")
    with pytest.raises(ssm.exceptions.ParameterNotFound):
        ssm.get_parameter(Name="none")
    with pytest.raises(ClientError, match="StateMachineDoesNotExist"):
        Simulation.from_template(STACK).client("stepfunctions").start_execution(
            stateMachineArn="arn:aws:states:eu-west-1:111111111111:stateMachine:x"
        )


def alarm(simulation: Simulation, action: str) -> None:
    simulation.client("cloudwatch").put_metric_alarm(
        AlarmName="alarm",
        MetricName="sold",
        Namespace="shop",
        ComparisonOperator="LessThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Threshold=1,
        Statistic="Sum",
        AlarmActions=[action],
    )


def machine(simulation: Simulation) -> None:
    definition = f'{{"States": {{"Call": {{"Resource": "{simulation.function("Function").spec.arn}"}}}}}}'
    simulation.client("stepfunctions").create_state_machine(name="machine", definition=definition, roleArn=ROLE)


def firehose(simulation: Simulation) -> None:
    destination = {"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::bucket"}
    simulation.client("firehose").create_delivery_stream(
        DeliveryStreamName="stream", ExtendedS3DestinationConfiguration=destination
    )


def schedule(simulation: Simulation) -> None:
    simulation.client("scheduler").create_schedule(
        Name="once",
        ScheduleExpression="at(2026-01-01T13:00:00)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": OF_QUEUE, "RoleArn": ROLE},
    )


def labels(simulation: Simulation) -> None:
    simulation.client("rekognition").detect_labels(Image={"S3Object": {"Bucket": "bucket", "Name": "k"}})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (schedule, r"scheduler\.CreateSchedule is not answered"),
        (lambda s: s.client("dynamodbstreams").list_streams(), r"dynamodbstreams\.ListStreams is not answered"),
        (lambda s: s.client("pipes").list_pipes(), r"pipes\.ListPipes is not answered"),
        (lambda s: s.client("cloudformation").list_stacks(), r"cloudformation\.ListStacks is not answered"),
        (lambda s: alarm(s, s.topic("Topic").spec.arn), r"cloudwatch\.PutMetricAlarm on Topic is not answered"),
        (machine, r"stepfunctions\.CreateStateMachine on Function is not answered"),
        (firehose, r"firehose\.CreateDeliveryStream on Bucket is not answered"),
        (labels, r"rekognition\.DetectLabels on Bucket is not answered"),
        (
            lambda s: s.client("athena").start_query_execution(
                QueryString="SELECT 1", ResultConfiguration={"OutputLocation": "s3://bucket/results/"}
            ),
            r"athena\.StartQueryExecution on Bucket is not answered",
        ),
        (
            lambda s: s.client("cognito-idp").list_user_pools(MaxResults=1),
            r"cognito-idp\.ListUserPools is not answered .*: moto needs a library for it: pip install",
        ),
        (
            lambda s: s.client("appconfigdata").get_latest_configuration(ConfigurationToken="x"),
            r"appconfigdata\.GetLatestConfiguration is not answered .*: moto does not know it",
        ),
    ],
    ids=[
        "scheduler",
        "streams",
        "pipes",
        "stacks",
        "alarm",
        "machine",
        "firehose",
        "labels",
        "query",
        "lib",
        "unknown",
    ],
)
def test_what_moto_would_leave_without_effect_is_an_error_by_name(
    call: Call, message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "joserfc", None)  # of what moto's user pools need
    monkeypatch.delitem(sys.modules, "moto.cognitoidp.models", raising=False)
    simulation = Simulation.from_template(STACK)
    with pytest.raises(NotSimulatedError, match=message) as raised:
        call(simulation)
    assert "give an answer with simulation.answer(" in str(raised.value)
    with pytest.raises(NotSimulatedError, match=message):  # in case that a handler has caught it
        simulation.run()


def test_what_only_begins_like_something_simulated_is_another_thing() -> None:
    simulation = Simulation.from_template(STACK)
    alarm(simulation, f"{simulation.topic('Topic').spec.arn}-2")


def test_an_answer_of_the_test_replaces_what_is_refused() -> None:
    simulation = Simulation.from_template(STACK)
    simulation.answer("scheduler", "CreateSchedule", lambda **given: {"ScheduleArn": given["Name"]})
    schedule(simulation)
