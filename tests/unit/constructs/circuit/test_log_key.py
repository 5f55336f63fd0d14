"""The log group of the switch uses the circuit's key, which lets CloudWatch Logs do so."""

from __future__ import annotations

from aws_cdk import aws_kms as kms
from constructs import IConstruct

from redrive_cdk import CircuitBreaker, SqsConsumer
from tests.support.constructs.cdk import Synthesized, new_stack, python_function, warnings_of

KEY_ARN = "arn:aws:kms:eu-west-1:111111111111:key/one"


def log_group(breaker: CircuitBreaker) -> IConstruct:
    assert breaker.switch is not None
    return breaker.switch.node.find_child("Logs")


def test_the_log_group_uses_the_key_that_lets_it() -> None:
    stack = new_stack()
    key = kms.Key(stack, "Key")
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    breaker = CircuitBreaker(stack, "Payments", pauses=[orders], encryption_key=key)
    synthesized = Synthesized(stack)
    assert synthesized.properties(log_group(breaker))["KmsKeyId"] == synthesized.arn(key)
    *_, statement = synthesized.properties(key)["KeyPolicy"]["Statement"]
    assert "logs." in str(statement["Principal"]["Service"])
    assert list(statement["Condition"]["ArnLike"]) == ["kms:EncryptionContext:aws:logs:arn"]
    assert set(warnings_of(stack)) == set()


def test_without_a_key_it_has_none() -> None:
    stack = new_stack()
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    breaker = CircuitBreaker(stack, "Payments", pauses=[orders])
    assert "KmsKeyId" not in Synthesized(stack).properties(log_group(breaker))


def test_an_imported_key_needs_the_statement_where_it_is_created() -> None:
    stack = new_stack()
    key = kms.Key.from_key_arn(stack, "Key", KEY_ARN)
    orders = SqsConsumer(stack, "Orders", function=python_function(stack))
    CircuitBreaker(stack, "Payments", pauses=[orders], encryption_key=key)
    text = warnings_of(stack)["redrive:resource-policy"]
    assert "CloudWatch Logs encrypts a log group with the key" in text
    assert '"kms:Encrypt"' in text
