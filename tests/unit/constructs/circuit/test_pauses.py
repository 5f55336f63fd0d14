"""Resources that `CircuitBreaker` makes to pause consumers, their permissions, and everything that it leaves alone."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import pytest
from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings.circuit import CircuitSettings, SwitchSettings, read_circuit, read_switch
from redrive_cdk import AlarmOptions, Backoff, CircuitBreaker, DynamoDBStreamConsumer, KinesisConsumer, SqsConsumer
from redrive_cdk.circuit.breaker import Pausable
from redrive_cdk.circuit.switch import CircuitSwitch
from tests.support.constructs.cdk import (
    Synthesized,
    conditions_of,
    new_app,
    new_stack,
    pairs_of,
    python_function,
    warnings_of,
)
from tests.support.constructs.idempotency.tables import ID, TABLE_ARN, a_table, arn_of, name_of

MAPPING = "arn:aws:lambda:eu-west-1:111111111111:event-source-mapping:"
ON_A_MAPPING = {
    *("lambda:GetEventSourceMapping", "lambda:UpdateEventSourceMapping"),
    *("lambda:ListTags", "lambda:TagResource", "lambda:UntagResource"),
}

CONSUMERS: dict[str, Callable[[Construct, lambda_.Function], Pausable]] = {
    "messages": lambda scope, function: SqsConsumer(scope, "Orders", function=function),
    "records": lambda scope, function: KinesisConsumer(scope, "Orders", function=function),
    "items": lambda scope, function: DynamoDBStreamConsumer(scope, "Orders", function=function, partition_key=ID),
}


class Paused:
    """A stack with a consumer that is paused."""

    def __init__(self, kind: str = "messages", **options: Any) -> None:
        self.stack = new_stack()
        self.function = python_function(self.stack)
        self.consumer = CONSUMERS[kind](self.stack, self.function)
        self.breaker = CircuitBreaker(self.stack, "Payments", pauses=[self.consumer], **options)
        assert self.breaker.switch is not None
        self.switch = self.breaker.switch
        self.synthesized = Synthesized(self.stack)

    def told(self) -> SwitchSettings:
        return read_switch(self.synthesized.environment(self.switch.function))  # pyright: ignore

    def policies(self) -> list[dict[str, Any]]:
        role = {"Ref": self.synthesized.id(self.switch.function.role)}
        every = self.synthesized.of_type("AWS::IAM::Policy").values()
        return [each for each in every if role in each["Properties"]["Roles"]]


@cache
def paused_by_default(kind: str) -> Paused:
    """One for all tests that only read it."""
    return Paused(kind)


@pytest.mark.parametrize("kind", CONSUMERS)
def test_the_switch_is_told_circuit_table_queue_and_mapping(kind: str) -> None:
    paused = paused_by_default(kind)
    settings = paused.told()
    assert settings.name == "Payments"
    assert settings.table == name_of(paused.breaker.table)
    assert settings.mappings[0].endswith(paused.synthesized.id(paused.consumer.event_source_mapping))
    assert settings.queue_url.endswith(paused.synthesized.id(paused.switch.timers.queue))
    assert paused.breaker.paused == [paused.consumer]


@pytest.mark.parametrize("kind", CONSUMERS)
def test_the_consumers_function_takes_part_in_the_circuit(kind: str) -> None:
    paused = paused_by_default(kind)
    assert read_circuit(paused.synthesized.environment(paused.function), "Payments") == CircuitSettings(
        name="Payments", table=name_of(paused.breaker.table)
    )


@pytest.mark.parametrize("kind", CONSUMERS)
def test_the_switch_may_change_this_mapping_and_its_own_tag_and_nothing_else(kind: str) -> None:
    paused = paused_by_default(kind)
    pairs = set[tuple[str, str]]().union(*map(pairs_of, paused.policies()))
    on_mappings = {(call, arn) for call, arn in pairs if call.startswith("lambda:")}
    (arn,) = {arn for _, arn in on_mappings}
    assert arn.startswith(MAPPING)
    assert arn.endswith(paused.synthesized.id(paused.consumer.event_source_mapping))
    assert {call for call, _ in on_mappings} == ON_A_MAPPING
    tags = {"ForAllValues:StringEquals": {"aws:TagKeys": ["redrive:paused-by"]}}
    item = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["circuit#Payments"]}}
    conditions = [each for policy in paused.policies() for each in conditions_of(policy)]
    assert sorted(conditions, key=lambda each: each[0]) == [
        ("dynamodb:GetItem", item),
        ("lambda:TagResource", tags),
        ("lambda:UntagResource", tags),
    ]
    table, stream = arn_of(paused.breaker.table), "/stream/2026-11-22T00:00:00.000"
    assert {(call, arn) for call, arn in pairs if call.startswith("dynamodb:")} == {
        ("dynamodb:GetItem", table),
        ("dynamodb:ListStreams", f"{table}/stream/*"),
        *((f"dynamodb:{call}", table + stream) for call in ("DescribeStream", "GetRecords", "GetShardIterator")),
    }
    assert {call.partition(":")[0] for call, _ in pairs} == {"dynamodb", "lambda", "logs", "sqs"}
    assert "ManagedPolicyArns" not in paused.synthesized.properties(paused.switch.function.role)


def test_the_switch_is_driven_by_this_circuits_changes_by_its_timers_and_each_minute() -> None:
    paused = paused_by_default("messages")
    changes = paused.synthesized.properties(paused.switch.changes.event_source_mapping)
    assert changes["FilterCriteria"]["Filters"] == [
        {"Pattern": '{"dynamodb":{"Keys":{"id":{"S":["circuit#Payments"]}}}}'}
    ]
    assert changes["MaximumRecordAgeInSeconds"] == 60
    timers = paused.synthesized.properties(paused.switch.timers.event_source_mapping)
    assert timers["EventSourceArn"] == paused.synthesized.arn(paused.switch.timers.queue)
    check = paused.synthesized.properties(paused.switch.check)
    assert check["ScheduleExpression"] == "rate(1 minute)"
    function = paused.synthesized.arn(paused.switch.function)
    assert [target["Arn"] for target in check["Targets"]] == [function]
    assert {changes["FunctionName"]["Ref"], timers["FunctionName"]["Ref"]} == {function["Fn::GetAtt"][0]}
    assert paused.synthesized.properties(paused.switch.function)["Handler"] == "redrive.circuit.switch.handler.handler"
    assert paused.synthesized.properties(paused.breaker.table)["StreamSpecification"] is not None
    assert warnings_of(paused.stack) == {}


def test_a_deployment_that_takes_a_mapping_from_it_enables_that_when_nothing_can_pause_it_any_more() -> None:
    """CloudFormation deletes what depends before what it depends on."""
    paused = paused_by_default("messages")
    ((name, resumption),) = paused.synthesized.of_type("Custom::RedriveResumption").items()
    function = paused.synthesized.id(paused.switch.function)
    assert resumption["Properties"] == {
        "ServiceToken": {"Fn::GetAtt": [function, "Arn"]},
        "ServiceTimeout": "120",
        "Mapping": {"Ref": paused.synthesized.id(paused.consumer.event_source_mapping)},
    }
    assert any(
        "lambda:UpdateEventSourceMapping" in str(paused.synthesized.resources[on]) for on in resumption["DependsOn"]
    )
    for driver in (
        paused.switch.timers.event_source_mapping,
        paused.switch.changes.event_source_mapping,
        paused.switch.check,
    ):
        assert name in paused.synthesized.resource(driver)["DependsOn"]


def test_each_mapping_has_a_policy_and_a_resumption_of_its_own_whatever_their_order() -> None:
    def ids(*names: str) -> set[str]:
        stack = new_stack()
        made = {name: SqsConsumer(stack, name, function=python_function(stack, f"{name}1")) for name in ("A", "B")}
        CircuitBreaker(stack, "Payments", pauses=[made[name] for name in names])
        return set(Synthesized(stack).of_type("Custom::RedriveResumption"))

    both = ids("A", "B")
    assert both == ids("B", "A") == ids("A") | ids("B")
    assert len(both) == 2


def test_what_fails_is_alarmed() -> None:
    paused = paused_by_default("messages")
    errors = paused.synthesized.properties(paused.switch.error_alarm)
    assert (errors["MetricName"], errors["Namespace"]) == ("Errors", "AWS/Lambda")
    assert (errors["Threshold"], errors["EvaluationPeriods"]) == (1, 3)
    queue = paused.synthesized.properties(paused.switch.dead_letter_alarm)["Dimensions"][0]["Value"]["Fn::GetAtt"][0]
    assert queue == paused.synthesized.id(paused.switch.timers.dead_letter_queue)
    destination = paused.synthesized.properties(paused.switch.changes.event_source_mapping)["DestinationConfig"]
    assert destination["OnFailure"]["Destination"]["Fn::GetAtt"][0] == queue
    assert [alarm.node.path.removeprefix("Stack/Payments/") for alarm in paused.breaker.alarms] == [
        *("OpenedAlarm1", "StoreAlarm1", "Switch/ErrorAlarm", "Switch/IdleAlarm"),
        "Switch/DeadLetterAlarm",
    ]
    assert len(paused.synthesized.of_type("AWS::CloudWatch::Alarm")) == 5 + len(paused.consumer.alarms)


def test_its_alarms_can_be_chosen() -> None:
    paused = Paused(
        switch_alarm=AlarmOptions(threshold=2, evaluation_periods=1), dead_letter_alarm=AlarmOptions(enabled=False)
    )
    errors = paused.synthesized.properties(paused.switch.error_alarm)
    assert (errors["Threshold"], errors["EvaluationPeriods"]) == (2, 1)
    assert paused.switch.dead_letter_alarm is None


def test_an_own_key_is_for_table_and_queues_with_the_grants_that_takes() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack))
    breaker = CircuitBreaker(stack, "Payments", encryption_key=key, pauses=[consumer])
    assert breaker.switch is not None
    synthesized = Synthesized(stack)
    for queue in (breaker.switch.timers.queue, breaker.switch.timers.dead_letter_queue):
        assert synthesized.properties(queue)["KmsMasterKeyId"] == synthesized.arn(key)
    role = {"Ref": synthesized.id(breaker.switch.function.role)}
    every = synthesized.of_type("AWS::IAM::Policy").values()
    pairs = set[tuple[str, str]]().union(*(pairs_of(each) for each in every if role in each["Properties"]["Roles"]))
    assert {"kms:Decrypt", "kms:GenerateDataKey"} <= {call for call, arn in pairs if arn.endswith(synthesized.id(key))}


@pytest.mark.parametrize("kind", ["enabled=False", "escape hatch"])
def test_a_mapping_that_is_deployed_disabled_is_left_alone(kind: str) -> None:
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack), enabled=kind != "enabled=False")
    resource = consumer.event_source_mapping.node.default_child
    assert isinstance(resource, lambda_.CfnEventSourceMapping)
    if kind == "escape hatch":
        resource.enabled = False
    breaker = CircuitBreaker(stack, "Payments", pauses=[consumer])
    assert (breaker.switch, breaker.paused) == (None, [consumer])


def test_a_mapping_is_paused_by_one_circuit() -> None:
    paused = Paused()
    with pytest.raises(ValueError, match=r"Stack/Orders is paused by Stack/Payments already"):
        CircuitBreaker(paused.stack, "Stock", pauses=[paused.consumer])


def test_a_taken_table_is_given_a_stream_or_must_have_one() -> None:
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack))
    table = a_table(stack)
    CircuitBreaker(stack, "Payments", table=table, pauses=[consumer])
    assert "StreamSpecification" in Synthesized(stack).properties(table)

    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack))
    imported = dynamodb.Table.from_table_attributes(stack, "Imported", table_arn=TABLE_ARN)
    with pytest.raises(ValueError, match="was imported without its stream"):
        CircuitBreaker(stack, "Payments", table=imported, pauses=[consumer])


def test_a_consumer_in_another_stack_is_refused_since_both_would_depend_on_each_other() -> None:
    app = new_app()
    consumers, breakers = Stack(app, "Consumers"), Stack(app, "Breakers")
    consumer = SqsConsumer(consumers, "Orders", function=python_function(consumers))
    with pytest.raises(ValueError, match="make CircuitBreaker in the stack of the consumer and its function"):
        CircuitBreaker(breakers, "Payments", pauses=[consumer])


def test_a_consumer_in_another_region_is_refused() -> None:
    app = new_app()
    here, there = (
        Stack(app, name, env={"account": "111111111111", "region": region})
        for name, region in (("Here", "eu-west-1"), ("There", "us-east-1"))
    )
    consumer = SqsConsumer(there, "Orders", function=python_function(there))
    with pytest.raises(ValueError, match="There/Orders is in another account or Region"):
        CircuitBreaker(here, "Payments", pauses=[consumer])


def test_steps_can_be_made_differently() -> None:
    class Switch(CircuitSwitch):
        def _create_settings(self) -> SwitchSettings:
            return super()._create_settings().replace(name="cards")

        def _create_error_alarm(self, options: AlarmOptions) -> cloudwatch.Alarm | None:
            return None

    class Payments(CircuitBreaker):
        def _create_table(self) -> dynamodb.ITable:
            return dynamodb.TableV2(self, "Mine", partition_key=ID)

        def _create_settings(self, function: lambda_.IFunction) -> CircuitSettings:
            return super()._create_settings(function).replace(window=Duration.minutes(1).to_seconds())

        def _create_switch(self, mappings: Sequence[lambda_.IEventSourceMapping]) -> CircuitSwitch:
            return Switch(self, "Switch", circuit=self.name, table=self.table, mappings=mappings)

        def _create_opened_alarm(self, function: lambda_.IFunction, options: AlarmOptions) -> cloudwatch.Alarm | None:
            return None

    stack = new_stack()
    function = python_function(stack)
    breaker = Payments(
        stack,
        "Payments",
        open_time=Backoff(60, jitter="none", cap=60),
        pauses=[SqsConsumer(stack, "Orders", function=function)],
    )
    synthesized = Synthesized(stack)
    table = synthesized.resource(breaker.table)
    assert table["Type"] == "AWS::DynamoDB::GlobalTable"
    assert table["Properties"]["TimeToLiveSpecification"]["AttributeName"] == "expiration"
    assert "StreamSpecification" in table["Properties"]
    assert read_circuit(synthesized.environment(function), None).window == 60
    assert breaker.switch is not None
    assert read_switch(synthesized.environment(breaker.switch.function)).name == "cards"  # pyright: ignore
    assert [alarm.node.id for alarm in breaker.alarms] == [*("StoreAlarm1", "IdleAlarm", "DeadLetterAlarm")]
