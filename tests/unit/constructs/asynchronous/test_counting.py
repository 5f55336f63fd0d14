"""Counting of attempts: the resource that is made or taken, the role's permissions on it, and the helper's settings."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from typing import Any

import pytest
from aws_cdk import Annotations, Duration, Environment, RemovalPolicy, Stack
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from redrive.settings.asynchronous import AsyncSettings, read_async
from redrive_cdk.asynchronous.counting import DEFAULT_PREFIX, AttemptCounting
from redrive_cdk.asynchronous.invocation import AsyncInvocation
from tests.support.constructs.asynchronous.destinations import on
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function, url_of, warnings_of

#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/encryption.usagenotes.html
TABLE_KEY = {
    *("kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
    *("kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext"),
}
#: Calls that reading and writing objects of an encrypted bucket takes.
BUCKET_KEY = {"kms:Decrypt", "kms:GenerateDataKey"}
EXPIRES = {"ExpirationInDays": 1, "NoncurrentVersionExpiration": {"NoncurrentDays": 1}, "Status": "Enabled"}


class Counted:
    """A function whose attempts are counted, with nothing to deliver, so that all it may do is count."""

    def __init__(self, counting: AttemptCounting | None, stack: Stack | None = None, **options: Any) -> None:
        self.stack = stack or new_stack()
        function = options.pop("function", None)
        self.function: lambda_.Function = python_function(self.stack) if function is None else function
        self.invocation = AsyncInvocation(
            self.stack,
            "Orders",
            function=self.function,
            retry_attempts=1,
            make_failure_queue=False,
            count_attempts=counting,
            **options,
        )
        Annotations.of(self.invocation).acknowledge_warning("redrive:no-failure-destination")
        self.synthesized = Synthesized(self.stack)

    @property
    def allowed(self) -> set[tuple[str, str]]:
        return self.synthesized.statements(self.function, conditional=True)

    @property
    def settings(self) -> AsyncSettings:
        return read_async(self.synthesized.environment(self.function), "$LATEST")

    def made(self, id: str) -> Construct:
        found = self.invocation.node.try_find_child(id)
        assert isinstance(found, Construct)
        return found


def a_table(stack: Stack, id: str = "Table", **options: Any) -> dynamodb.Table:
    key = dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
    return dynamodb.Table(stack, id, partition_key=key, time_to_live_attribute="expiration", **options)


@pytest.mark.parametrize("counting", [None, AttemptCounting.tmp()])
def test_in_tmp_takes_nothing_and_is_the_default(counting: AttemptCounting | None) -> None:
    counted = Counted(counting)
    assert counted.allowed == set()
    assert counted.settings == AsyncSettings(qualifier="$LATEST", retry_attempts=1, max_event_age=21_600, counter="tmp")
    assert counted.synthesized.of_type("AWS::IAM::Policy") == {}


def test_a_table_is_made_that_forgets() -> None:
    counted = Counted(AttemptCounting.dynamodb())
    table = counted.synthesized.resource(counted.made("AttemptTable"))
    assert table["Properties"] == {
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "TimeToLiveSpecification": {"AttributeName": "expiration", "Enabled": True},
    }
    assert table["DeletionPolicy"] == "Delete"


def test_the_function_may_count_in_the_table_and_knows_its_name() -> None:
    counted = Counted(AttemptCounting.dynamodb())
    table = counted.synthesized.id(counted.made("AttemptTable"))
    assert counted.allowed == {("dynamodb:UpdateItem", deployed({"Fn::GetAtt": [table, "Arn"]}))}
    assert (counted.settings.counter, counted.settings.counter_table) == ("dynamodb", url_of(table))


def test_a_made_tables_own_key_is_granted() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    counted = Counted(AttemptCounting.dynamodb(), stack, encryption_key=key)
    table = counted.synthesized.properties(counted.made("AttemptTable"))
    assert table["SSESpecification"] == {
        "KMSMasterKeyId": counted.synthesized.arn(key),
        "SSEEnabled": True,
        "SSEType": "KMS",
    }
    assert on(deployed(counted.synthesized.arn(key)), TABLE_KEY) < counted.allowed
    assert len(counted.allowed) == 1 + len(TABLE_KEY)


IRELAND = Environment(account="111111111111", region="eu-west-1")


@pytest.mark.parametrize("kind", ["table", "table of version 2", "imported table"])
@pytest.mark.parametrize("with_key", [False, True])
def test_a_given_table_is_counted_in(kind: str, with_key: bool) -> None:
    stack = new_stack(env=IRELAND)
    key = kms.Key(stack, "Key") if with_key else None
    arn = "arn:aws:dynamodb:eu-west-1:111111111111:table/attempts"
    table: Any
    if kind == "table":
        table = a_table(stack, encryption_key=key)
    elif kind == "table of version 2":
        table = dynamodb.TableV2(
            stack,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            encryption=None if key is None else dynamodb.TableEncryptionV2.customer_managed_key(key),
        )
    else:
        table = dynamodb.Table.from_table_attributes(stack, "Table", table_arn=arn, encryption_key=key)
    counted = Counted(AttemptCounting.dynamodb(table), stack)
    expected = {("dynamodb:UpdateItem", deployed(stack.resolve(table.table_arn)))}
    if key is not None:
        expected |= on(deployed(counted.synthesized.arn(key)), TABLE_KEY)
    assert counted.allowed == expected
    assert counted.settings.counter_table == deployed(stack.resolve(table.table_name))
    assert counted.invocation.node.try_find_child("AttemptTable") is None
    assert warnings_of(stack) == {}


def test_a_bucket_is_made_that_forgets_and_keeps_others_out() -> None:
    counted = Counted(AttemptCounting.s3())
    bucket = counted.synthesized.resource(counted.made("AttemptBucket"))
    assert bucket["Properties"] == {
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "LifecycleConfiguration": {"Rules": [{"Prefix": DEFAULT_PREFIX, **EXPIRES}]},
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
    }
    assert (bucket["DeletionPolicy"], bucket["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")
    (policy,) = counted.synthesized.of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_the_function_may_count_under_the_prefix_and_knows_bucket_and_prefix() -> None:
    counted = Counted(AttemptCounting.s3(prefix="tried/"))
    bucket = counted.synthesized.id(counted.made("AttemptBucket"))
    objects = f"{deployed({'Fn::GetAtt': [bucket, 'Arn']})}/tried/*"
    assert counted.allowed == on(objects, {"s3:GetObject", "s3:PutObject"})
    settings = counted.settings
    assert (settings.counter, settings.counter_bucket, settings.counter_prefix) == ("s3", url_of(bucket), "tried/")


def test_a_made_buckets_own_key_is_granted_and_used_sparingly() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    counted = Counted(AttemptCounting.s3(), stack, encryption_key=key)
    bucket = counted.synthesized.properties(counted.made("AttemptBucket"))
    assert bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"] == [
        {
            "BucketKeyEnabled": True,
            "ServerSideEncryptionByDefault": {
                "KMSMasterKeyID": counted.synthesized.arn(key),
                "SSEAlgorithm": "aws:kms",
            },
        }
    ]
    assert on(deployed(counted.synthesized.arn(key)), BUCKET_KEY) < counted.allowed
    assert len(counted.allowed) == 2 + len(BUCKET_KEY)


@pytest.mark.parametrize("imported", [False, True])
@pytest.mark.parametrize("with_key", [False, True])
def test_a_given_bucket_is_counted_in(imported: bool, with_key: bool) -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key") if with_key else None
    bucket: Any
    if imported:
        bucket = s3.Bucket.from_bucket_attributes(
            stack, "Bucket", bucket_arn="arn:aws:s3:::attempts", encryption_key=key
        )
    else:
        bucket = s3.Bucket(stack, "Bucket", encryption_key=key)
    counted = Counted(AttemptCounting.s3(bucket), stack)
    objects = f"{deployed(stack.resolve(bucket.bucket_arn))}/{DEFAULT_PREFIX}*"
    expected = on(objects, {"s3:GetObject", "s3:PutObject"})
    if key is not None:
        expected |= on(deployed(counted.synthesized.arn(key)), BUCKET_KEY)
    assert counted.allowed == expected
    assert counted.settings.counter_bucket == deployed(stack.resolve(bucket.bucket_name))
    assert set(warnings_of(stack)) == ({"redrive:attempt-objects"} if imported else set())


def test_a_given_bucket_keeps_its_own_rules_and_all_else_that_is_in_it() -> None:
    stack = new_stack()
    own = s3.LifecycleRule(prefix="orders/", expiration=Duration.days(90))
    bucket = s3.Bucket(stack, "Bucket", versioned=True, lifecycle_rules=[own])
    counted = Counted(AttemptCounting.s3(bucket, "tried/"), stack)
    rules = counted.synthesized.properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert rules == [
        {"Prefix": "orders/", "ExpirationInDays": 90, "Status": "Enabled"},
        {"Prefix": "tried/", **EXPIRES},
    ]


def test_functions_that_share_a_bucket_share_a_rule_for_each_prefix() -> None:
    stack = new_stack()
    bucket = s3.Bucket(stack, "Bucket")
    for number, prefix in enumerate(["tried/", "tried/", "again/"]):
        AsyncInvocation(
            stack,
            f"Orders{number}",
            function=python_function(stack, f"Function{number}"),
            count_attempts=AttemptCounting.s3(bucket, prefix),
        )
    rules = Synthesized(stack).properties(bucket)["LifecycleConfiguration"]["Rules"]
    assert [rule["Prefix"] for rule in rules] == ["tried/", "again/"]


def test_functions_may_share_a_table() -> None:
    stack = new_stack()
    table = a_table(stack, removal_policy=RemovalPolicy.DESTROY)
    one = Counted(AttemptCounting.dynamodb(table), stack)
    other = python_function(stack, "Other")
    AsyncInvocation(stack, "Others", function=other, count_attempts=AttemptCounting.dynamodb(table))
    names = [
        read_async(one.synthesized.environment(function), "$LATEST").counter_table for function in (one.function, other)
    ]
    assert names == [url_of(one.synthesized.id(table))] * 2


LOGS = "arn:aws:logs:eu-west-1:111111111111:log-group:"


def test_the_function_may_search_its_log_group_and_nothing_else() -> None:
    """That its name is the function's makes no circle: the function does not wait for this policy."""
    counted = Counted(AttemptCounting.logs())
    name = url_of(counted.synthesized.id(counted.function))
    assert counted.allowed == {("logs:FilterLogEvents", f"{LOGS}/aws/lambda/{name}:*")}
    assert (counted.settings.counter, counted.settings.counter_log_group) == ("logs", None)


@pytest.mark.parametrize("give", ["version", "alias"])
def test_a_version_or_alias_logs_to_the_functions_group(give: str) -> None:
    stack = new_stack()
    function = python_function(stack)
    given = {"version": function.current_version, "alias": function.add_alias("live")}[give]
    AsyncInvocation(stack, "Orders", function=given, count_attempts=AttemptCounting.logs())
    synthesized = Synthesized(stack)
    group = f"{LOGS}/aws/lambda/{url_of(synthesized.id(function))}:*"
    assert ("logs:FilterLogEvents", group) in synthesized.statements(function, conditional=True)


def test_the_function_may_search_a_log_group_of_its_own() -> None:
    stack = new_stack()
    group = logs.LogGroup(stack, "Group")
    counted = Counted(AttemptCounting.logs(), stack, function=python_function(stack, log_group=group))
    name = url_of(counted.synthesized.id(group))
    assert counted.allowed == {("logs:FilterLogEvents", f"{LOGS}{name}:*")}
    assert counted.settings.counter_log_group == name


def test_the_function_may_search_a_log_group_that_was_set_on_its_resource() -> None:
    stack = new_stack()
    function = python_function(stack)
    resource = function.node.default_child
    assert isinstance(resource, lambda_.CfnFunction)
    resource.logging_config = lambda_.CfnFunction.LoggingConfigProperty(log_group="/orders", log_format="JSON")
    counted = Counted(AttemptCounting.logs(), stack, function=function)
    assert counted.allowed == {("logs:FilterLogEvents", f"{LOGS}/orders:*")}
    assert counted.settings.counter_log_group == "/orders"


def test_a_log_format_alone_leaves_the_log_group() -> None:
    stack = new_stack()
    function = python_function(stack, logging_format=lambda_.LoggingFormat.JSON)
    counted = Counted(AttemptCounting.logs(), stack, function=function)
    name = url_of(counted.synthesized.id(function))
    assert counted.allowed == {("logs:FilterLogEvents", f"{LOGS}/aws/lambda/{name}:*")}


def test_counting_and_delivery_are_allowed_by_one_policy() -> None:
    stack = new_stack()
    function = python_function(stack)
    invocation = AsyncInvocation(
        stack,
        "Orders",
        function=function,
        on_success=sqs.Queue(stack, "Done"),
        count_attempts=AttemptCounting.dynamodb(),
    )
    synthesized = Synthesized(stack)
    (policy,) = synthesized.of_type("AWS::IAM::Policy")
    assert policy == synthesized.id(invocation.delivery_policy)
    assert {action for action, _ in synthesized.statements(function, conditional=True)} == {
        "sqs:SendMessage",
        "dynamodb:UpdateItem",
    }


@pytest.mark.parametrize(
    ("counting", "makes"),
    [
        (AttemptCounting.tmp(), False),
        (AttemptCounting.dynamodb(), True),
        (AttemptCounting.s3(), True),
        (AttemptCounting.logs(), False),
    ],
)
def test_it_is_known_what_makes_a_store(counting: AttemptCounting, makes: bool) -> None:
    assert counting.makes_store == makes
