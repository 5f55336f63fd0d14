"""Consumers in the variants that app.py does not show: alias, own key, taken queues, two sources of one function."""

from pathlib import Path

from aws_cdk import App, CfnOutput, Duration, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from redrive_cdk import Backoff, IdempotencyTable, SqsConsumer

ORDERS = Path(__file__).parents[2] / "examples" / "orders"


class OwnDeadLetters(SqsConsumer):
    """Overrides a step."""

    def _create_dead_letter_queue(self) -> sqs.IQueue:
        return sqs.Queue(self, "Failed", enforce_ssl=True, retention_period=Duration.days(7))


app = App()
stack = Stack(app, "RedriveVariants")


def function(name: str) -> lambda_.Function:
    return lambda_.Function(
        stack,
        name,
        runtime=lambda_.Runtime.PYTHON_3_14,
        handler="handler.handler",
        code=lambda_.Code.from_asset(str(ORDERS), exclude=["__pycache__"]),
        timeout=Duration.seconds(10),
    )


behind_alias = function("BehindAlias")
alias = behind_alias.add_alias("live")
shared = function("Shared")
taken_dead_letters = sqs.Queue(stack, "GivenDeadLetters", retention_period=Duration.days(14))
consumers = {
    "Alias": SqsConsumer(stack, "Alias", function=alias, backoff=Backoff(base=1, cap=1, jitter="equal")),
    "Key": SqsConsumer(stack, "Key", function=shared, encryption_key=kms.Key(stack, "Secret"), max_receive_count=6),
    "Taken": SqsConsumer(
        stack, "Taken", function=shared, queue=sqs.Queue(stack, "GivenQueue"), dead_letter_queue=taken_dead_letters
    ),
    "Subclass": OwnDeadLetters(stack, "Subclass", function=function("ForSubclass")),
}
done = IdempotencyTable(stack, "Done", expiry=Duration.days(4))
for name, consumer in consumers.items():
    done.protects(consumer)
    assert consumer.dead_letter_queue is not None
    CfnOutput(stack, f"{name}Source", value=consumer.queue.queue_url)
    CfnOutput(stack, f"{name}DeadLetters", value=consumer.dead_letter_queue.queue_url)
app.synth()
