"""Templates with dead-letter queues and sources of a kind, an account or a Region that the service does not take."""

from __future__ import annotations

from typing import Any

from tests.support.simulator.simulations import Template, arn, function, resource, template

LAMBDA = "arn:aws:lambda:eu-west-1:111111111111:function"
TOPICS = "arn:aws:sns:eu-west-1:111111111111"
QUEUES = "arn:aws:sqs:eu-west-1:111111111111"
OTHER_REGION = "arn:aws:sqs:eu-west-2:111111111111:failures"
OTHER_ACCOUNT = "arn:aws:sqs:eu-west-1:222222222222:failures"


def moves_to(dead_letters: str) -> Any:
    """A queue with an ARN as its dead-letter queue."""
    return resource("AWS::SQS::Queue", RedrivePolicy={"deadLetterTargetArn": dead_letters, "maxReceiveCount": 5})


def maps(source: str, **options: Any) -> Any:
    """A mapping of the source with an ARN."""
    return resource(
        "AWS::Lambda::EventSourceMapping", EventSourceArn=source, FunctionName={"Ref": "Function"}, **options
    )


def keeps_in(dead_letters: str, *, kind: str = "rule", topic: str = "news", endpoint: str = "Function") -> Template:
    """Something that delivers to a function or a queue, with an ARN as its dead-letter queue."""
    match kind:
        case "rule":
            target = {"Arn": arn("Function"), "Id": "One", "DeadLetterConfig": {"Arn": dead_letters}}
            found = resource("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=[target])
        case "rule of a function elsewhere":
            target = {"Arn": f"{LAMBDA}:other", "Id": "One", "DeadLetterConfig": {"Arn": dead_letters}}
            found = resource("AWS::Events::Rule", EventPattern={"source": ["shop"]}, Targets=[target])
        case "schedule":
            target = {"Arn": arn("Function"), "DeadLetterConfig": {"Arn": dead_letters}}
            found = resource("AWS::Scheduler::Schedule", Target=target)
        case "event bus":
            found = resource("AWS::Events::EventBus", Name="bus", DeadLetterConfig={"Arn": dead_letters})
        case _:
            given = {
                "TopicArn": topic if ":" in topic else f"{TOPICS}:{topic}",
                "Protocol": "sqs",
                "Endpoint": endpoint,
            }
            found = resource("AWS::SNS::Subscription", **given, RedrivePolicy={"deadLetterTargetArn": dead_letters})
    return template(Queue=resource("AWS::SQS::Queue"), Function=function(), Delivery=found)


#: For each rule a template that breaks it, and a similar one that passes.
UNFIT: list[tuple[str, Template, Template]] = [
    *(
        (
            "delivery-standard-dead-letter-queue",
            keeps_in(f"{QUEUES}:failures.fifo", kind=kind),
            keeps_in(f"{QUEUES}:failures", kind=kind),
        )
        for kind in ("rule", "rule of a function elsewhere", "schedule", "event bus")
    ),
    (
        "delivery-dead-letter-queue-of-same-kind",
        keeps_in(f"{QUEUES}:failures.fifo", kind="subscription", endpoint=f"{QUEUES}:orders"),
        keeps_in(f"{QUEUES}:failures", kind="subscription", endpoint=f"{QUEUES}:orders"),
    ),
    (
        "delivery-dead-letter-queue-of-same-kind",
        keeps_in(f"{QUEUES}:failures", kind="subscription", topic="news.fifo", endpoint=f"{QUEUES}:orders.fifo"),
        # A standard queue that subscribes to a FIFO topic: not documented.
        keeps_in(f"{QUEUES}:failures", kind="subscription", topic="news.fifo", endpoint=f"{QUEUES}:orders"),
    ),
    ("delivery-dead-letter-queue-is-near", keeps_in(OTHER_REGION), keeps_in(OTHER_ACCOUNT)),
    *(
        (
            "delivery-dead-letter-queue-is-near",
            keeps_in(elsewhere, kind="subscription"),
            keeps_in(f"{QUEUES}:failures", kind="subscription"),
        )
        for elsewhere in (OTHER_REGION, OTHER_ACCOUNT)
    ),
    (
        "delivery-dead-letter-queue-is-near",
        keeps_in(f"{QUEUES}:failures", kind="subscription", topic="arn:aws:sns:eu-west-2:111111111111:news"),
        keeps_in(OTHER_REGION, kind="subscription", topic="arn:aws:sns:eu-west-2:111111111111:news"),
    ),
    *(
        (
            "sqs-dead-letter-queue-is-near",
            template(Queue=moves_to(elsewhere)),
            template(Queue=moves_to(f"{QUEUES}:failures")),
        )
        for elsewhere in (OTHER_REGION, OTHER_ACCOUNT)
    ),
    *(
        (
            f"{kind}-same-region",
            template(Function=function(), Mapping=maps(f"arn:aws:{service}:eu-west-2:{source}", **options)),
            template(Function=function(), Mapping=maps(f"arn:aws:{service}:eu-west-1:{source}", **options)),
        )
        for kind, service, source, options in (
            ("sqs", "sqs", "111111111111:orders", {}),
            ("stream", "kinesis", "111111111111:stream/orders", {"StartingPosition": "TRIM_HORIZON"}),
        )
    ),
    (
        "sqs-dead-letter-queue-of-same-kind",
        template(Queue=moves_to(f"{QUEUES}:failures.fifo")),
        template(Queue=moves_to(f"{QUEUES}:failures")),
    ),
]
