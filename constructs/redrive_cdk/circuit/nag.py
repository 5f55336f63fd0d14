"""Acknowledges the cdk-nag findings that cannot apply to the resources of `CircuitBreaker`."""

from __future__ import annotations

from aws_cdk import Acknowledgment, Validations
from constructs import IConstruct

from redrive_cdk.core.nag import acknowledge


def of_circuit_table(table: IConstruct) -> None:
    """Acknowledge that the table has no point-in-time recovery."""
    acknowledge(
        table,
        "AwsSolutions-DDB3",
        "It holds the state of circuits, which is learnt again within minutes: nothing to recover.",
    )


def of_final_check(switch: IConstruct) -> None:
    """Acknowledge for the final check that the switch keeps no check that fails or is lost."""
    reasons = {
        "redrive:no-failure-destination": "Only checks are asynchronous, and one that fails is followed by the next a "
        "minute later.",
        "redrive:unguarded-delivery": "A check that is lost is followed by the next.",
    }
    Validations.of(switch).acknowledge(*(Acknowledgment(id=id, reason=why) for id, why in reasons.items()))


def of_switch(function: IConstruct) -> None:
    """Acknowledge that the switch has no dead-letter queue, tracing or failure destination; it runs each minute."""
    acknowledge(function, "Serverless-LambdaDLQ", "A check that fails is followed by the next a minute later.")
    acknowledge(function, "Serverless-LambdaTracing", "It makes a few calls, and its log says what it did.")
    acknowledge(
        function.node.find_child("EventInvokeConfig"),
        "Serverless-LambdaAsyncFailureDestination",
        "Only checks are asynchronous, and one that fails is followed by the next a minute later.",
    )


def of_check(rule: IConstruct) -> None:
    """Acknowledge that a lost check has no dead-letter queue; the next check replaces it."""
    acknowledge(rule, "Serverless-EventBusDLQ", "A check that is lost is followed by the next.")
