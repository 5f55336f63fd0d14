"""Tables for the tests of `IdempotencyTable`, and what using one takes."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from collections.abc import Callable
from typing import Any

from aws_cdk import Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from redrive.settings.idempotency import IdempotencySettings, read_idempotency
from redrive_cdk.core.types import AnyFunction
from tests.support.constructs.cdk import Synthesized, deployed

ID = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
IRELAND = {"account": "111111111111", "region": "eu-west-1"}
TABLE_ARN = "arn:aws:dynamodb:eu-west-1:111111111111:table/done"
#: To look up several, and for statements: no reads of everything, no streams, no indexes.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/ql-iam.html
CALLS = {
    "dynamodb:BatchGetItem",
    *("dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"),
}
#: https://docs.aws.amazon.com/powertools/python/latest/utilities/idempotency/
POWERTOOLS_CALLS = {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
KEY_CALLS = {
    *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
}

#: The ways to give a function.
GIVE: dict[str, Callable[[lambda_.Function], AnyFunction]] = {
    "function": lambda function: function,
    "latest version": lambda function: function.latest_version,
    "current version": lambda function: function.current_version,
    "version": lambda function: lambda_.Version(function, "Version", lambda_=function),
    "alias": lambda function: function.add_alias("live"),
}

#: The ways to give a table, with a key of its own or without.
TAKEN: dict[str, Callable[[Stack, kms.IKey | None], Any]] = {
    "table": lambda stack, key: a_table(stack, encryption_key=key),
    "table of version 2": lambda stack, key: a_table_v2(
        stack, encryption=None if key is None else dynamodb.TableEncryptionV2.customer_managed_key(key)
    ),
    "imported table": lambda stack, key: dynamodb.Table.from_table_attributes(
        stack, "Imported", table_arn=TABLE_ARN, encryption_key=key
    ),
    "imported table of version 2": lambda stack, key: dynamodb.TableV2.from_table_attributes(
        stack, "Imported", table_arn=TABLE_ARN, encryption_key=key
    ),
}


def a_table(scope: Construct, id: str = "Done", **options: Any) -> dynamodb.Table:
    chosen = {"partition_key": ID, "time_to_live_attribute": "expiration", **options}
    return dynamodb.Table(scope, id, **chosen)


def a_table_v2(scope: Construct, id: str = "Done", **options: Any) -> dynamodb.TableV2:
    chosen = {"partition_key": ID, "time_to_live_attribute": "expiration", **options}
    return dynamodb.TableV2(scope, id, **chosen)


def resource_of(table: dynamodb.ITable) -> dynamodb.CfnTable:
    resource = table.node.default_child
    assert isinstance(resource, dynamodb.CfnTable)
    return resource


def arn_of(table: dynamodb.ITable) -> str:
    """The table's ARN after the deployment, as the support of these tests makes it up."""
    return deployed(Stack.of(table).resolve(table.table_arn))


def name_of(table: dynamodb.ITable) -> str:
    """The table's name after the deployment."""
    return deployed(Stack.of(table).resolve(table.table_name))


def told(synthesized: Synthesized, function: lambda_.Function, name: str | None = None) -> IdempotencySettings:
    """Reads a table's settings as the helper in a function does."""
    return read_idempotency(synthesized.environment(function), name)
