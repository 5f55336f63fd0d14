"""A small app to copy from: orders and a ledger from queues, readings from a stream, invoices drawn asynchronously.

`cdk deploy` takes it to an account as it stands.
"""

from pathlib import Path

from aws_cdk import Acknowledgment, App, CfnOutput, Duration, RemovalPolicy, Stack, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from redrive_cdk import (
    AsyncInvocation,
    AttemptCounting,
    FailureDashboard,
    IdempotencyTable,
    KinesisConsumer,
    SqsConsumer,
    SyncInvocation,
)

EXAMPLES = Path(__file__).parent / "examples"
QUEUE_INVOKES = "A function's own dead-letter queue is for asynchronous invocation; a queue invokes this one."
STREAM_INVOKES = "A function's own dead-letter queue is for asynchronous invocation; a stream invokes this one."


class ShopStack(Stack):
    """Two consumers of queues and one of a stream, a function that is invoked asynchronously, and one that it calls."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        orders = SqsConsumer(
            self,
            "Orders",
            function=self._function("OrdersFunction", "orders", no_dlq=QUEUE_INVOKES),
            bridges=Duration.minutes(1),  # an hour by default; this is short, so that a test need not wait for it
        )
        done = IdempotencyTable(self, "Done", removal_policy=RemovalPolicy.DESTROY)
        done.protects(orders)
        ledger = SqsConsumer(
            self,
            "Ledger",
            function=self._function("LedgerFunction", "ledger", no_dlq=QUEUE_INVOKES),
            fifo=True,
            content_based_deduplication=True,
            bridges=Duration.minutes(1),  # a group waits while one of its messages does
        )
        for name, consumer in {"Orders": orders, "Ledger": ledger}.items():
            CfnOutput(self, f"{name}QueueUrl", value=consumer.queue.queue_url)
            if consumer.dead_letter_queue is not None:
                CfnOutput(self, f"{name}DeadLetterQueueUrl", value=consumer.dead_letter_queue.queue_url)
            CfnOutput(self, f"{name}FunctionName", value=consumer.function.function_name)

        readings = KinesisConsumer(
            self, "Readings", function=self._function("ReadingsFunction", "readings", no_dlq=STREAM_INVOKES)
        )
        CfnOutput(self, "ReadingsStreamName", value=readings.stream.stream_name)
        CfnOutput(self, "ReadingsFunctionName", value=readings.function.function_name)
        if readings.failure_bucket is not None:
            CfnOutput(self, "ReadingsFailureBucketName", value=readings.failure_bucket.bucket_name)

        invoices = AsyncInvocation(
            self,
            "Invoices",
            function=self._function("InvoicesFunction", "invoices", no_dlq="A record of each failure is kept instead."),
            count_attempts=AttemptCounting.dynamodb(),  # /tmp is right only while retries find the same environment
        )
        rates = self._function("RatesFunction", "rates", no_dlq="It is only called synchronously.")
        calls = SyncInvocation(self, "Rates", caller=invoices.function, callee=rates)
        CfnOutput(self, "InvoicesFunctionName", value=invoices.function.function_name)
        if invoices.failure_queue is not None:
            CfnOutput(self, "InvoicesFailureQueueUrl", value=invoices.failure_queue.queue_url)

        # What a person on call looks at. The alarms do nothing yet: AlarmDefaults.of(self).add(actions=…) says what.
        failures = FailureDashboard(self, "Failures", watch=[orders, ledger, readings, invoices, calls, done])
        CfnOutput(self, "DashboardName", value=failures.dashboard.dashboard_name)

    def _function(self, id: str, folder: str, *, no_dlq: str) -> lambda_.Function:
        log_group = logs.LogGroup(
            self, f"{id}Logs", retention=logs.RetentionDays.ONE_MONTH, removal_policy=RemovalPolicy.DESTROY
        )
        # A role of its own, which may write to this log group and nowhere else. (The ignored lines are right: the CDK's
        # Python types name some parameters differently in a class and in the interface that it implements.)
        service = iam.ServicePrincipal("lambda.amazonaws.com")
        role = iam.Role(self, f"{id}Role", assumed_by=service)  # pyright: ignore[reportArgumentType]
        log_group.grant_write(role)
        function = lambda_.Function(
            self,
            id,
            runtime=lambda_.Runtime.PYTHON_3_14,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(EXAMPLES / folder), exclude=["__pycache__"]),
            timeout=Duration.seconds(10),
            memory_size=256,
            role=role,  # pyright: ignore[reportArgumentType]
            log_group=log_group,
        )
        Validations.of(function).acknowledge(
            Acknowledgment(id="Serverless-LambdaDLQ", reason=no_dlq),
            Acknowledgment(id="Serverless-LambdaTracing", reason="Left out of an example; set tracing to have it."),
        )
        return function


if __name__ == "__main__":
    app = App()
    ShopStack(app, "RedriveShop")
    app.synth()
