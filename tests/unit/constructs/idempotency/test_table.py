"""The table that `IdempotencyTable` makes, and what the helper is told of it."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_

from redrive.core import SettingsError
from redrive.settings.idempotency import IdempotencySettings, read_idempotency
from redrive.settings.sqs import SqsSettings, read_sqs
from redrive_cdk import IdempotencyTable, SqsConsumer
from tests.support.constructs.cdk import (
    Synthesized,
    deployed,
    new_stack,
    number_parameter,
    python_function,
    warnings_of,
)
from tests.support.constructs.idempotency.tables import ID, IRELAND, a_table, name_of, told

DAY = 24 * 60 * 60


def test_the_table_is_on_demand_recoverable_and_forgets() -> None:
    stack = new_stack()
    done = IdempotencyTable(stack, "Orders")
    table = Synthesized(stack).resource(done.table)
    assert table["Properties"] == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
    }
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    assert warnings_of(stack) == {}
    # Another id would replace tables and alarms that are deployed.
    assert [child.node.id for child in done.node.children] == ["Table", "WriteThrottleAlarm", "ReadThrottleAlarm"]


def test_recovery_protection_and_removal_can_be_chosen() -> None:
    stack = new_stack()
    done = IdempotencyTable(
        stack,
        "Orders",
        point_in_time_recovery=False,
        deletion_protection=True,
        removal_policy=RemovalPolicy.DESTROY,
    )
    table = Synthesized(stack).resource(done.table)
    assert table["Properties"]["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": False}
    assert table["Properties"]["DeletionProtectionEnabled"] is True
    assert table["DeletionPolicy"] == "Delete"


@pytest.mark.parametrize("env", [None, IRELAND], ids=["agnostic", "in a Region"])
def test_an_own_key_works_also_where_the_stack_does_not_name_its_region(env: dict[str, str] | None) -> None:
    stack = new_stack(env=env)
    key = kms.Key(stack, "Key")
    done = IdempotencyTable(stack, "Orders", encryption_key=key)
    synthesized = Synthesized(stack)
    assert synthesized.properties(done.table)["SSESpecification"] == {
        "KMSMasterKeyId": synthesized.arn(key),
        "SSEEnabled": True,
        "SSEType": "KMS",
    }


def test_a_table_of_version_2_would_indeed_not_take_one_there() -> None:
    stack = new_stack()
    encryption = dynamodb.TableEncryptionV2.customer_managed_key(kms.Key(stack, "Key"))
    dynamodb.TableV2(stack, "Table", partition_key=ID, encryption=encryption)
    with pytest.raises(RuntimeError, match="region agnostic stack"):
        assert Synthesized(stack).template


def test_an_imported_key_is_taken() -> None:
    stack = new_stack()
    arn = "arn:aws:kms:eu-west-1:111111111111:key/1"
    done = IdempotencyTable(stack, "Orders", encryption_key=kms.Key.from_key_arn(stack, "Key", arn))
    assert Synthesized(stack).properties(done.table)["SSESpecification"]["KMSMasterKeyId"] == arn


def test_the_helper_is_told_name_table_and_expiry() -> None:
    stack = new_stack()
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders")
    done.grant(function)
    synthesized = Synthesized(stack)
    assert list(synthesized.environment(function)) == ["REDRIVE_IDEMPOTENCY_1"]
    assert told(synthesized, function) == IdempotencySettings(name="Orders", table=name_of(done.table), expiry=DAY)
    assert (done.name, done.expiry.to_seconds()) == ("Orders", DAY)
    assert warnings_of(stack) == {}


def test_name_and_expiry_can_be_chosen() -> None:
    stack = new_stack()
    function = python_function(stack)
    IdempotencyTable(stack, "Orders", name="orders", expiry=Duration.hours(7)).grant(function)
    assert (told(Synthesized(stack), function, "orders")).expiry == 25_200


def test_an_expiry_that_only_the_deployment_knows_reaches_the_helper() -> None:
    stack = new_stack()
    function = python_function(stack)
    done = IdempotencyTable(stack, "Orders", expiry=Duration.seconds(number_parameter(stack, "Expiry")))
    done.grant(function)
    assert done.facts.expiry is None
    template = Synthesized(stack)
    variable = template.properties(function)["Environment"]["Variables"]["REDRIVE_IDEMPOTENCY_1"]
    written = "".join(part if isinstance(part, str) else f"<{part['Ref']}>" for part in variable["Fn::Join"][1])
    assert '"expiry":<Expiry>}' in written.replace('""', "")
    assert warnings_of(stack) == {}


def test_one_table_may_have_several_functions() -> None:
    stack = new_stack()
    done = IdempotencyTable(stack, "Orders")
    functions = [python_function(stack, f"Function{number}") for number in range(2)]
    for function in functions:
        done.grant(function)
    synthesized = Synthesized(stack)
    for function in functions:
        assert told(synthesized, function).table == name_of(done.table)


def test_one_function_may_have_several_tables_by_different_names() -> None:
    stack = new_stack()
    function = python_function(stack)
    tables = {id: IdempotencyTable(stack, id, expiry=Duration.days(days)) for id, days in (("Orders", 2), ("Mails", 3))}
    for done in tables.values():
        done.grant(function)
    synthesized = Synthesized(stack)
    for id, done in tables.items():
        assert told(synthesized, function, id).table == name_of(done.table)
    assert {told(synthesized, function, id).expiry for id in tables} == {2 * DAY, 3 * DAY}
    with pytest.raises(SettingsError, match="known are: 'Orders', 'Mails'"):
        read_idempotency(synthesized.environment(function), None)


def test_a_name_that_could_mean_two_tables_is_refused() -> None:
    stack = new_stack()
    function = python_function(stack)
    IdempotencyTable(stack, "Orders").grant(function.current_version)
    other = IdempotencyTable(stack, "Other", name="Orders")
    other.grant(python_function(stack, "Another"))
    with pytest.raises(ValueError, match=r"Stack/Other: Stack/Function knows another table by the name 'Orders'"):
        other.grant(function)
    assert len(Synthesized(stack).environment(function)) == 1


def test_settings_of_other_constructs_are_left_alone() -> None:
    stack = new_stack()
    function = python_function(stack)
    consumer = SqsConsumer(stack, "Messages", function=function)
    IdempotencyTable(stack, "Orders").grant(function)
    synthesized = Synthesized(stack)
    environment = synthesized.environment(function)
    assert set(environment) == {"REDRIVE_SQS_1", "REDRIVE_IDEMPOTENCY_1"}
    assert read_sqs(environment, deployed(synthesized.arn(consumer.queue))) != SqsSettings()


def test_functions_get_the_layer_once() -> None:
    stack = new_stack()
    function = python_function(stack)
    for id in ("Orders", "Mails"):
        IdempotencyTable(stack, id).grant(function)
    assert len(Synthesized(stack).properties(function)["Layers"]) == 1


def test_the_layer_can_be_left_out() -> None:
    stack = new_stack()
    function = python_function(stack)
    IdempotencyTable(stack, "Orders", attach_layer=False).grant(function)
    synthesized = Synthesized(stack)
    assert "Layers" not in synthesized.properties(function)
    assert synthesized.of_type("AWS::Lambda::LayerVersion") == {}


@pytest.mark.parametrize("seconds", [0, 1])
def test_what_would_remember_nothing_is_refused(seconds: int) -> None:
    stack = new_stack()
    if seconds:
        assert IdempotencyTable(stack, "Orders", expiry=Duration.seconds(seconds)).facts.expiry == 1
        return
    with pytest.raises(ValueError, match="Stack/Orders: expiry 0 s: nothing would be remembered"):
        IdempotencyTable(stack, "Orders", expiry=Duration.seconds(seconds))


@pytest.mark.parametrize(
    "option",
    [
        {"encryption_key": None},
        {"point_in_time_recovery": True},
        {"deletion_protection": False},
        {"removal_policy": RemovalPolicy.DESTROY},
    ],
    ids=lambda option: next(iter(option)),
)
def test_options_of_a_table_that_is_not_made_are_refused(option: dict[str, Any]) -> None:
    stack = new_stack()
    ((name, value),) = option.items()
    value = kms.Key(stack, "Key") if name == "encryption_key" else value
    with pytest.raises(ValueError, match=f"Orders: {name} is for a table that IdempotencyTable makes, and here it"):
        IdempotencyTable(stack, "Orders", table=a_table(stack), **{name: value})


def test_an_expiry_below_the_functions_timeout_is_warned_of() -> None:
    """A short expiry forgets the first results before the last call fails, and then all of them run again."""
    stack = new_stack()
    done = IdempotencyTable(stack, "Orders", expiry=Duration.seconds(10))
    done.grant(python_function(stack, "AsLong", timeout=Duration.seconds(10)))
    done.grant(python_function(stack, "Unknown", timeout=Duration.seconds(number_parameter(stack, "Timeout"))))
    assert warnings_of(stack) == {}
    done.grant(python_function(stack, "Longer", timeout=Duration.seconds(11)))
    text = warnings_of(done)["redrive:idempotency-expiry"]
    assert text.startswith("expiry 10 s is below the timeout of Stack/Longer, 11 s: ")
    assert text.endswith("give an expiry of more than 11 s")


def test_a_container_image_is_warned_of_and_told_all_the_same() -> None:
    stack = new_stack()
    image = lambda_.DockerImageCode.from_ecr(ecr.Repository.from_repository_name(stack, "Repository", "orders"))
    function = lambda_.DockerImageFunction(stack, "Function", code=image)
    done = IdempotencyTable(stack, "Orders")
    done.grant(function)
    assert set(warnings_of(stack)) == {"redrive:container-image"}
    assert told(Synthesized(stack), function).name == "Orders"
