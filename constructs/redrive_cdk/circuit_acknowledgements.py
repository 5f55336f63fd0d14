"""Findings of cdk-nag that cannot apply to what `CircuitBreaker` makes, acknowledged with the reason."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct


def of_circuit_table(table: IConstruct) -> None:
    """The state of circuits need not be recovered."""
    Validations.of(table).acknowledge(
        Acknowledgment(
            id="AwsSolutions-DDB3",
            reason="It holds the state of circuits, which is learnt again within minutes: nothing to recover.",
        )
    )


def of_switch(function: IConstruct) -> None:
    """The function is called again each minute, whatever becomes of a call."""
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
    """A check that is lost is no loss."""
    Validations.of(rule).acknowledge(
        Acknowledgment(id="Serverless-EventBusDLQ", reason="A check that is lost is followed by the next.")
    )
