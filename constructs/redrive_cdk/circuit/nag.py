"""Acknowledges the cdk-nag findings that cannot apply to the resources of `CircuitBreaker`."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def of_circuit_table(table: IConstruct) -> None:
    """Acknowledge that the table has no point-in-time recovery."""
    Validations.of(table).acknowledge(
        Acknowledgment(
            id="AwsSolutions-DDB3",
            reason="It holds the state of circuits, which is learnt again within minutes: nothing to recover.",
        )
    )


def of_switch(function: IConstruct) -> None:
    """Acknowledge that the switch has no dead-letter queue, tracing or failure destination; it runs each minute."""
    Validations.of(function).acknowledge(
        Acknowledgment(id="Serverless-LambdaDLQ", reason="A check that fails is followed by the next a minute later."),
        Acknowledgment(id="Serverless-LambdaTracing", reason="It makes a few calls, and its log says what it did."),
    )
    Validations.of(function.node.find_child("EventInvokeConfig")).acknowledge(
        Acknowledgment(
            id="Serverless-LambdaAsyncFailureDestination",
            reason="Only checks are asynchronous, and one that fails is followed by the next a minute later.",
        )
    )


def of_check(rule: IConstruct) -> None:
    """Acknowledge that a lost check has no dead-letter queue; the next check replaces it."""
    Validations.of(rule).acknowledge(
        Acknowledgment(id="Serverless-EventBusDLQ", reason="A check that is lost is followed by the next.")
    )
