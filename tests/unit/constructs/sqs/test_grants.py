"""Permissions of the function and a producer: exactly the calls that are made, on exactly the queues and keys."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from dataclasses import dataclass
from typing import Any

import pytest
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import Synthesized, arn_of, as_list, new_stack, python_function

CONSUMING = {"sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ChangeMessageVisibility"}
IMPORTED_KEY = "arn:aws:kms:eu-west-1:111111111111:key/11111111-2222-3333-4444-555555555555"


@dataclass(frozen=True)
class Shop:
    synthesized: Synthesized
    functions: dict[str, lambda_.Function]
    consumers: dict[str, SqsConsumer]
    key: kms.Key

    def expected(self, name: str) -> set[tuple[str, str]]:
        consumer = self.consumers[name]
        queue, dead_letters = (arn_of(self.synthesized.id(of)) for of in (consumer.queue, consumer.dead_letter_queue))
        sending = {("sqs:SendMessage", dead_letters)} | ({("sqs:SendMessage", queue)} if name != "Fifo" else set())
        return {(action, queue) for action in CONSUMING} | sending


@pytest.fixture(scope="module")
def shop() -> Shop:
    stack = new_stack()
    key = kms.Key(stack, "Key", enable_key_rotation=True)
    imported_key = kms.Key.from_key_arn(stack, "ImportedKey", IMPORTED_KEY)
    encrypted_queue = sqs.Queue(stack, "EncryptedQueue", encryption=sqs.QueueEncryption.KMS, encryption_master_key=key)
    options: dict[str, dict[str, Any]] = {
        "Plain": {},
        "Fifo": {"fifo": True},
        "OwnKey": {"encryption_key": key},
        "ImportedKeyed": {"encryption_key": imported_key},
        "EncryptedSource": {"queue": encrypted_queue},
        "Producing": {"encryption_key": key},
    }
    functions = {name: python_function(stack, f"{name}Function") for name in options}
    consumers = {name: SqsConsumer(stack, name, function=functions[name], **chosen) for name, chosen in options.items()}
    functions["Producer"] = python_function(stack, "ProducerFunction")
    functions["PlainProducer"] = python_function(stack, "PlainProducerFunction")
    assert consumers["Producing"].grant_send_messages(functions["Producer"]).success
    consumers["Plain"].grant_send_messages(functions["PlainProducer"])
    return Shop(Synthesized(stack), functions, consumers, key)


@pytest.mark.parametrize("name", ["Plain", "Fifo"])
def test_the_function_may_consume_its_queue_and_send_to_its_dead_letter_queue(shop: Shop, name: str) -> None:
    assert shop.synthesized.statements(shop.functions[name]) == shop.expected(name)


def test_with_a_key_of_ones_own_it_may_decrypt_and_make_data_keys_with_that_key(shop: Shop) -> None:
    key = arn_of(shop.synthesized.id(shop.key))
    assert shop.synthesized.statements(shop.functions["OwnKey"]) == shop.expected("OwnKey") | {
        ("kms:Decrypt", key),
        ("kms:GenerateDataKey", key),
    }


def test_with_an_imported_key_the_grants_are_on_its_arn(shop: Shop) -> None:
    assert shop.synthesized.statements(shop.functions["ImportedKeyed"]) == shop.expected("ImportedKeyed") | {
        ("kms:Decrypt", IMPORTED_KEY),
        ("kms:GenerateDataKey", IMPORTED_KEY),
    }


def test_for_an_encrypted_source_alone_it_may_use_the_key_too(shop: Shop) -> None:
    """The helper sends messages back to the source."""
    key = arn_of(shop.synthesized.id(shop.key))
    assert shop.synthesized.statements(shop.functions["EncryptedSource"]) == shop.expected("EncryptedSource") | {
        ("kms:Decrypt", key),
        ("kms:GenerateDataKey", key),
    }


def test_for_an_encrypted_fifo_queue_alone_it_may_only_decrypt() -> None:
    """Nothing is sent back to it, and the dead-letter queue that was made has no key."""
    stack = new_stack()
    key = kms.Key(stack, "Key")
    queue = sqs.Queue(stack, "Queue", fifo=True, encryption=sqs.QueueEncryption.KMS, encryption_master_key=key)
    function = python_function(stack, "Function")
    SqsConsumer(stack, "Ledger", function=function, queue=queue)
    synthesized = Synthesized(stack)
    mine = {action for action, of in synthesized.statements(function) if of == arn_of(synthesized.id(key))}
    assert mine == {"kms:Decrypt"}


def test_nothing_is_sent_back_to_a_queue_whose_receives_are_not_known() -> None:
    stack = new_stack()
    arn = "arn:aws:sqs:eu-west-1:111111111111:orders"
    function = python_function(stack, "Function")
    SqsConsumer(stack, "Orders", function=function, queue=sqs.Queue.from_queue_arn(stack, "Imported", arn))
    assert {action for action, _ in Synthesized(stack).statements(function)} == CONSUMING


def test_both_queues_are_encrypted_with_the_key(shop: Shop) -> None:
    consumer = shop.consumers["OwnKey"]
    for queue in (consumer.queue, consumer.dead_letter_queue):
        assert shop.synthesized.properties(queue)["KmsMasterKeyId"] == shop.synthesized.arn(shop.key)
        assert "SqsManagedSseEnabled" not in shop.synthesized.properties(queue)


def test_a_producer_may_send_and_use_the_key_and_nothing_else(shop: Shop) -> None:
    queue = arn_of(shop.synthesized.id(shop.consumers["Producing"].queue))
    key = arn_of(shop.synthesized.id(shop.key))
    assert shop.synthesized.statements(shop.functions["Producer"]) == {
        ("sqs:SendMessage", queue),
        ("kms:Decrypt", key),
        ("kms:GenerateDataKey", key),
    }
    assert shop.synthesized.statements(shop.functions["PlainProducer"]) == {
        ("sqs:SendMessage", arn_of(shop.synthesized.id(shop.consumers["Plain"].queue)))
    }


def test_nothing_is_granted_by_wildcard(shop: Shop) -> None:
    for policy in shop.synthesized.of_type("AWS::IAM::Policy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            for value in as_list(statement["Action"]) + as_list(statement["Resource"]):
                assert "*" not in str(value)


def test_queue_policies_only_deny(shop: Shop) -> None:
    """The function's permissions are in its role: no queue is opened to anyone else."""
    for policy in shop.synthesized.of_type("AWS::SQS::QueuePolicy").values():
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]:
            assert statement["Effect"] == "Deny"
