"""Functions in the apps of the integration tests."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_lambda as lambda_


def inline_function(stack: Stack, name: str, code: str, timeout: int = 10) -> lambda_.Function:
    """A function with its code in the template. The stack's output `<name>Name` is its name."""
    made = lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="index.handler",
        code=lambda_.Code.from_inline(code),
        timeout=Duration.seconds(timeout),
    )
    CfnOutput(stack, f"{name}Name", value=made.function_name)
    return made
