"""The table that `CircuitBreaker` makes or takes, who may use it, and what the helper is told."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns

from redrive.circuit.policy import CircuitPolicy, policy_of
from redrive.settings.circuit import CircuitSettings, read_circuit
from redrive_cdk import AlarmOptions, Backoff, CircuitBreaker, FailureDashboard, IdempotencyTable
from tests.support.constructs.cdk import (
    Synthesized,
    conditions_of,
    new_stack,
    number_parameter,
    pairs_of,
    python_function,
    warnings_of,
)
from tests.support.constructs.idempotency.tables import GIVE, ID, IRELAND, KEY_CALLS, TAKEN, a_table, arn_of, name_of

CALLS = {"dynamodb:GetItem", "dynamodb:PutItem"}


def policies_of(synthesized: Synthesized, role: Any) -> list[dict[str, Any]]:
    name = {"Ref": synthesized.id(role)}
    return [each for each in synthesized.of_type("AWS::IAM::Policy").values() if name in each["Properties"]["Roles"]]


def told(synthesized: Synthesized, function: lambda_.Function, name: str | None = None) -> CircuitSettings:
    return read_circuit(synthesized.environment(function), name)


def test_the_table_is_on_demand_forgets_and_goes_with_its_stack() -> None:
    stack = new_stack()
    payments = CircuitBreaker(stack, "Payments")
    table = Synthesized(stack).resource(payments.table)
    assert table["Properties"] == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
    }
    assert table["DeletionPolicy"] == "Delete"
    assert warnings_of(stack) == {}
    assert (payments.switch, payments.alarms) == (None, [])


def test_key_and_removal_can_be_chosen() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    payments = CircuitBreaker(stack, "Payments", encryption_key=key, removal_policy=RemovalPolicy.RETAIN)
    synthesized = Synthesized(stack)
    table = synthesized.resource(payments.table)
    assert table["Properties"]["SSESpecification"]["KMSMasterKeyId"] == synthesized.arn(key)
    assert table["DeletionPolicy"] == "Retain"


@pytest.mark.parametrize("give", GIVE.values(), ids=GIVE)
def test_a_function_may_use_this_circuits_item_and_no_other(give: Any) -> None:
    stack = new_stack()
    function = python_function(stack)
    payments = CircuitBreaker(stack, "Payments")
    payments.grant(give(function))
    synthesized = Synthesized(stack)
    (policy,) = policies_of(synthesized, function.role)
    assert pairs_of(policy) == {(call, arn_of(payments.table)) for call in CALLS}
    condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["circuit#Payments"]}}
    assert conditions_of(policy) == [(call, condition) for call in sorted(CALLS)]
    assert told(synthesized, function) == CircuitSettings(name="Payments", table=name_of(payments.table))
    assert len(synthesized.properties(function)["Layers"]) == 1


def test_a_dollar_sign_in_a_name_begins_no_variable() -> None:
    stack = new_stack()
    function = python_function(stack)
    CircuitBreaker(stack, "Payments", name="${aws:username}").grant(function)
    (policy,) = policies_of(Synthesized(stack), function.role)
    keys = {tuple(each["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]) for _, each in conditions_of(policy)}
    assert keys == {("circuit#${$}{aws:username}",)}


@pytest.mark.parametrize("take", TAKEN.values(), ids=TAKEN)
@pytest.mark.parametrize("own_key", [False, True], ids=["no key", "own key"])
def test_a_table_with_a_key_of_its_own_is_taken_with_the_calls_on_the_key(take: Any, own_key: bool) -> None:
    stack = new_stack(env=IRELAND)
    key = kms.Key(stack, "Key") if own_key else None
    table = take(stack, key)
    function = python_function(stack)
    CircuitBreaker(stack, "Payments", table=table).grant(function)
    synthesized = Synthesized(stack)
    (policy,) = policies_of(synthesized, function.role)
    expected = {(call, arn_of(table)) for call in CALLS}
    if key is not None:
        expected |= {(call, f"arn:aws:sqs:eu-west-1:111111111111:{synthesized.id(key)}") for call in KEY_CALLS}
    assert pairs_of(policy) == expected
    assert {call for call, _ in conditions_of(policy)} == CALLS


def test_the_table_of_an_idempotency_table_will_do() -> None:
    stack = new_stack()
    function = python_function(stack)
    done = IdempotencyTable(stack, "Done")
    done.grant(function)
    CircuitBreaker(stack, "Payments", table=done.table).grant(function)
    assert told(Synthesized(stack), function).table == name_of(done.table)
    assert warnings_of(stack) == {}


def test_all_that_is_chosen_reaches_the_helper() -> None:
    stack = new_stack()
    function = python_function(stack)
    payments = CircuitBreaker(
        stack,
        "Payments",
        name="cards",
        failure_rate=0.25,
        minimum_calls=40,
        window=Duration.minutes(2),
        open_time=Backoff(60, 2, 300, jitter="equal"),
        success_threshold=1,
        lease=Duration.millis(1500),
        cache_age=Duration.seconds(0),
    )
    payments.grant(function)
    settings = told(Synthesized(stack), function)
    assert settings == CircuitSettings(
        name="cards",
        table=name_of(payments.table),
        failure_rate=0.25,
        minimum_calls=40,
        window=120,
        open_time=Backoff(60, 2, 300, jitter="equal"),
        success_threshold=1,
        lease=1.5,
        cache_age=0,
    )
    assert policy_of(settings) == CircuitPolicy(
        failure_rate=0.25,
        minimum_calls=40,
        window=120,
        open_time=Backoff(60, 2, 300, jitter="equal"),
        success_threshold=1,
        lease=1.5,
    )


def test_a_function_is_granted_once_and_may_know_several_circuits_by_their_names() -> None:
    stack = new_stack()
    function = python_function(stack)
    payments, stock = CircuitBreaker(stack, "Payments"), CircuitBreaker(stack, "Stock")
    for each in (function, function.current_version, function.add_alias("live")):
        payments.grant(each)
    stock.grant(function)
    synthesized = Synthesized(stack)
    assert told(synthesized, function, "Payments").table == name_of(payments.table)
    assert told(synthesized, function, "Stock").table == name_of(stock.table)
    assert len(payments.alarms) == 2
    with pytest.raises(ValueError, match=r"knows another circuit by the name 'Stock' already.*give name="):
        CircuitBreaker(stack, "Other", name="Stock").grant(function)


def test_an_imported_function_is_told_of_what_to_do_by_hand() -> None:
    stack = new_stack()
    payments = CircuitBreaker(stack, "Payments")
    payments.grant(lambda_.Function.from_function_name(stack, "Imported", "orders"))
    warnings = warnings_of(stack)
    assert set(warnings) == {"redrive:imported-function", "redrive:unknown-role"}
    assert "CircuitBreaker('Payments', settings=CircuitSettings(…))" in warnings["redrive:imported-function"]
    assert "circuit#Payments" in warnings["redrive:unknown-role"]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"failure_threshold": 0}, "failure_threshold 0: give 1 or more"),
        ({"success_threshold": 0}, "success_threshold 0: give 1 or more"),
        ({"failure_rate": 0.5, "minimum_calls": 0}, "minimum_calls 0: give 1 or more"),
        ({"failure_rate": 0}, "failure_rate 0: it is the share"),
        ({"failure_rate": 50}, "failure_rate 50: it is the share"),
        ({"window": Duration.seconds(0)}, "window 0 s: give more than 0"),
        ({"lease": Duration.seconds(0)}, "lease 0 s: give more than 0"),
        ({"open_time": Backoff(30)}, "with full jitter the circuit may be open for no time"),
        ({"failure_threshold": 5, "failure_rate": 0.5}, "with a rate the threshold has no effect"),
        ({"minimum_calls": 5}, "it is how many calls a failure_rate needs"),
        ({"switch_alarm": AlarmOptions()}, "switch_alarm is for a switch that CircuitBreaker makes"),
        ({"dead_letter_alarm": AlarmOptions()}, "dead_letter_alarm is for a switch"),
    ],
    ids=lambda given: given if isinstance(given, str) else "",
)
def test_what_cannot_work_is_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=f"Stack/Payments: .*{said}"):
        CircuitBreaker(new_stack(), "Payments", **options)


def test_options_of_a_table_that_is_given_are_refused() -> None:
    stack = new_stack()
    for option in ({"removal_policy": RemovalPolicy.RETAIN}, {"encryption_key": kms.Key(stack, "Key")}):
        with pytest.raises(ValueError, match="is for a table that CircuitBreaker makes"):
            CircuitBreaker(stack, f"With{next(iter(option))}", table=a_table(stack, str(option)[2:10]), **option)


def test_what_only_the_deployment_knows_is_passed_over() -> None:
    stack = new_stack()
    function = python_function(stack)
    threshold = number_parameter(stack, "Threshold")
    CircuitBreaker(stack, "Payments", failure_threshold=threshold).grant(function)
    written = Synthesized(stack).properties(function)["Environment"]["Variables"]["REDRIVE_CIRCUIT_1"]
    assert {"Ref": "Threshold"} in written["Fn::Join"][1]


def test_a_rate_that_only_the_deployment_knows_has_its_minimum_of_calls() -> None:
    stack = new_stack()
    CircuitBreaker(stack, "Payments", failure_rate=number_parameter(stack, "Rate"), minimum_calls=5)
    with pytest.raises(
        ValueError, match="failure_threshold 5 and failure_rate: with a rate the threshold has no effect"
    ):
        CircuitBreaker(stack, "Mails", failure_rate=number_parameter(stack, "OtherRate"), failure_threshold=5)


@pytest.mark.parametrize(
    ("options", "warning"),
    [
        ({"time_to_live_attribute": "ttl"}, "redrive:circuit-ttl"),
        ({"sort_key": dynamodb.Attribute(name="n", type=dynamodb.AttributeType.NUMBER)}, None),
    ],
)
def test_a_table_that_does_not_fit_is_warned_of_or_refused(options: dict[str, Any], warning: str | None) -> None:
    stack = new_stack()
    table = a_table(stack, **options)
    if warning is None:
        with pytest.raises(ValueError, match=r"the table's key is id \(S\) and n \(N\)"):
            CircuitBreaker(stack, "Payments", table=table)
    else:
        CircuitBreaker(stack, "Payments", table=table)
        assert set(warnings_of(stack)) == {warning}


def test_a_table_in_several_regions_is_warned_of() -> None:
    stack = new_stack(env={"account": "111111111111", "region": "eu-west-1"})
    table = dynamodb.TableV2(
        stack,
        "Table",
        partition_key=ID,
        time_to_live_attribute="expiration",
        replicas=[dynamodb.ReplicaTableProps(region="us-east-1")],
    )
    CircuitBreaker(stack, "Payments", table=table)
    assert set(warnings_of(stack)) == {"redrive:circuit-replicas"}


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"account": "111111111111", "region": "us-east-1"}, "is in Region us-east-1 and the table in eu-west-1"),
        (
            {"account": "222222222222", "region": "eu-west-1"},
            "is in account 222222222222 and the table in 111111111111",
        ),
    ],
)
def test_a_function_elsewhere_is_refused(env: dict[str, str], said: str) -> None:
    stack = new_stack(env={"account": "111111111111", "region": "eu-west-1"})
    payments = CircuitBreaker(stack, "Payments")
    other = Stack(stack.node.root, "Other", env=env)
    with pytest.raises(ValueError, match=said):
        payments.grant(python_function(other))


def test_each_function_has_its_alarms() -> None:
    stack = new_stack()
    payments = CircuitBreaker(stack, "Payments", alarm_actions=[actions.SnsAction(sns.Topic(stack, "Topic"))])
    functions = [python_function(stack, name) for name in ("One", "Two")]
    for function in functions:
        payments.grant(function)
    synthesized = Synthesized(stack)
    for number, function in enumerate(functions):
        opened = synthesized.properties(payments.opened_alarms[number])
        store = synthesized.properties(payments.store_alarms[number])
        for alarm, name, periods in ((opened, "CircuitOpened", 1), (store, "CircuitStoreFailures", 3)):
            assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("Lambda/Retry", name, "Sum")
            assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": synthesized.id(function)}}]
            assert (alarm["Threshold"], alarm["EvaluationPeriods"]) == (1, periods)
            assert len(alarm["AlarmActions"]) == 1
    # Another id would replace alarms that are deployed.
    assert [alarm.node.id for alarm in payments.alarms] == [
        "OpenedAlarm1",
        "StoreAlarm1",
        "OpenedAlarm2",
        "StoreAlarm2",
    ]


def test_alarms_can_be_chosen() -> None:
    stack = new_stack()
    payments = CircuitBreaker(
        stack,
        "Payments",
        metric_namespace="Shop",
        opened_alarm=AlarmOptions(enabled=False),
        store_alarm=AlarmOptions(threshold=10),
    )
    payments.grant(python_function(stack))
    assert payments.opened_alarms == [None]
    alarm = Synthesized(stack).properties(payments.store_alarms[0])
    assert (alarm["Namespace"], alarm["Threshold"], alarm["EvaluationPeriods"]) == ("Shop", 10, 3)


def test_it_can_be_watched_on_a_dashboard() -> None:
    stack = new_stack()
    payments = CircuitBreaker(stack, "Payments")
    payments.grant(python_function(stack))
    dashboard = FailureDashboard(stack, "Failures", watch=[payments])
    body = str(Synthesized(stack).properties(dashboard.dashboard)["DashboardBody"])
    for name in ("CircuitOpened", "CircuitClosed", "CircuitRejections", "CircuitStoreFailures"):
        assert name in body
    metric: cloudwatch.Metric = payments.metric_rejections(python_function(stack, "Other"))
    assert metric.metric_name == "CircuitRejections"
