"""An app with all of `IdempotencyTable` and `CircuitBreaker`."""

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms

from redrive_cdk import CircuitBreaker, IdempotencyTable, SqsConsumer
from redrive_cdk.streams.dynamodb import DynamoDBStreamConsumer
from redrive_cdk.streams.kinesis import KinesisConsumer
from tests.support.constructs.linted.parts import clean_function


def idempotency(stack: Stack) -> None:
    """Tables made and taken, with a key and without, for functions, versions and aliases."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    recovery = dynamodb.PointInTimeRecoverySpecification(point_in_time_recovery_enabled=True)
    function = clean_function(stack, "Function")
    plain = IdempotencyTable(stack, "Plain")
    plain.protects(SqsConsumer(stack, "Messages", function=function))
    plain.grant(clean_function(stack, "Other").add_alias("live"))
    plain.grant_powertools(clean_function(stack, "Powertools"))
    own_key = IdempotencyTable(stack, "OwnKey", encryption_key=key, deletion_protection=True)
    own_key.grant(function.current_version)
    for name, kind in (("Taken", dynamodb.Table), ("TakenV2", dynamodb.TableV2)):
        table = kind(stack, f"{name}Table", partition_key=id_, point_in_time_recovery_specification=recovery)
        IdempotencyTable(stack, name, table=table).grant(function)


def circuits(stack: Stack) -> None:
    """Tables made and taken, with a key and without, with consumers of each kind that are paused and without."""
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    id_ = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    CircuitBreaker(stack, "Plain").grant(clean_function(stack, "Function").add_alias("live"))
    CircuitBreaker(
        stack,
        "Pausing",
        failure_rate=0.5,
        minimum_calls=20,
        pauses=[
            SqsConsumer(stack, "Messages", function=clean_function(stack, "ForMessages")),
            KinesisConsumer(stack, "Records", function=clean_function(stack, "ForRecords")),
        ],
    )
    items = DynamoDBStreamConsumer(stack, "Items", function=clean_function(stack, "ForItems"), partition_key=id_)
    CircuitBreaker(stack, "OwnKey", encryption_key=key, pauses=[items])
    done = IdempotencyTable(stack, "Done")
    function = clean_function(stack, "ForOrders")
    done.grant(function)
    CircuitBreaker(stack, "Taken", table=done.table, pauses=[SqsConsumer(stack, "Orders", function=function)])
