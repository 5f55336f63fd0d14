"""Rules for queues, buckets, rules, schedules and subscriptions by themselves."""

from __future__ import annotations

from typing import Any

from tests.support.simulator.simulations import Template, arn, function, resource, template


def queue(**properties: Any) -> Template:
    return template(Queue=resource("AWS::SQS::Queue", **properties))


def dead_letters(**policy: Any) -> Template:
    """A queue with a dead-letter queue that has a redrive-allow policy."""
    redrive = {"deadLetterTargetArn": arn("DeadLetters"), "maxReceiveCount": 5}
    return template(
        Queue=resource("AWS::SQS::Queue", QueueName="queue", RedrivePolicy=redrive),
        DeadLetters=resource("AWS::SQS::Queue", MessageRetentionPeriod=1_209_600, RedriveAllowPolicy=policy),
    )


def by_queue(*names: str) -> dict[str, Any]:
    arns = [{"Fn::Sub": f"arn:aws:sqs:${{AWS::Region}}:${{AWS::AccountId}}:{name}"} for name in names]
    return {"redrivePermission": "byQueue", "sourceQueueArns": arns}


def notified(*configurations: tuple[str, list[tuple[str, str]]]) -> Template:
    """A bucket with notifications about an event of keys with a prefix or a suffix, by rules of one name each."""
    given = [
        {
            "Event": event,
            "Function": arn("Function"),
            "Filter": {"S3Key": {"Rules": [{"Name": name, "Value": end} for name, end in rules]}},
        }
        for event, rules in configurations
    ]
    bucket = resource("AWS::S3::Bucket", NotificationConfiguration={"LambdaConfigurations": given})
    return template(Bucket=bucket, Function=function())


def rule(**properties: Any) -> Template:
    found = resource("AWS::Events::Rule", **properties)
    return template(Bus=resource("AWS::Events::EventBus", Name="two"), Rule=found)


def schedule(**properties: Any) -> Template:
    target = {"Arn": arn("Queue"), "RoleArn": "arn:aws:iam::111111111111:role/r"}
    given = {"ScheduleExpression": "rate(1 hour)", "FlexibleTimeWindow": {"Mode": "OFF"}, "Target": target}
    found = resource("AWS::Scheduler::Schedule", **{**given, **properties})
    return template(Queue=resource("AWS::SQS::Queue"), Schedule=found)


def subscribed(*settings: dict[str, Any], inline: bool = False) -> Template:
    """A topic to which a queue is subscribed, once with each of the settings, or first in the topic itself."""
    parts: dict[str, Any] = {}
    topic: dict[str, Any] = {}
    for number, given in enumerate(settings):
        subscription = {"Protocol": "sqs", "Endpoint": arn("Queue")}
        if inline and not number:
            topic["Subscription"] = [subscription]
            continue
        parts[f"Subscription{number}"] = resource(
            "AWS::SNS::Subscription", TopicArn={"Ref": "Topic"}, **subscription, **given
        )
    return template(Topic=resource("AWS::SNS::Topic", **topic), Queue=resource("AWS::SQS::Queue"), **parts)


POLICY = {"FilterPolicy": {"kind": ["order"]}}
PUT, ALL = "s3:ObjectCreated:Put", "s3:ObjectCreated:*"
#: Rule, template that breaks it, template that passes.
BY_THEMSELVES: list[tuple[str, Template, Template]] = [
    (
        "queue-name-fits-kind",
        queue(QueueName="unfit", FifoQueue=True),
        queue(QueueName="fit.fifo", FifoQueue=True),
    ),
    ("queue-name-fits-kind", queue(QueueName="unfit.fifo"), queue(QueueName="fit")),
    (
        "queue-redrive-allow-policy-is-valid",
        queue(RedriveAllowPolicy={"redrivePermission": "none"}),
        queue(RedriveAllowPolicy={"redrivePermission": "denyAll"}),
    ),
    (
        "queue-redrive-allow-policy-is-valid",
        queue(RedriveAllowPolicy={**by_queue("a"), "redrivePermission": "allowAll"}),
        queue(RedriveAllowPolicy=by_queue("a")),
    ),
    (
        "queue-redrive-allow-policy-is-valid",
        queue(RedriveAllowPolicy=by_queue()),
        queue(RedriveAllowPolicy='{"redrivePermission": "allowAll"}'),
    ),
    (
        "queue-redrive-allow-policy-is-valid",
        queue(RedriveAllowPolicy=by_queue(*map(str, range(11)))),
        queue(RedriveAllowPolicy=by_queue(*map(str, range(10)))),
    ),
    (
        "queue-dead-letter-queue-allows-it",
        dead_letters(redrivePermission="denyAll"),
        dead_letters(redrivePermission="allowAll"),
    ),
    (
        "queue-dead-letter-queue-allows-it",
        dead_letters(**by_queue("other")),
        dead_letters(**by_queue("other", "queue")),
    ),
    ("notification-events-exist", notified(("s3:ObjectCreated:put", [])), notified((PUT, []))),
    ("notification-events-exist", notified(("s3:ObjectCreated", [])), notified(("s3:ObjectAcl:Put", []))),
    (
        "notification-ends-of-keys-have-one-rule",
        notified((PUT, [("prefix", "a"), ("Prefix", "b")])),
        notified((PUT, [("prefix", "a"), ("suffix", "b")])),
    ),
    (
        "notification-events-do-not-overlap",
        notified((ALL, [("suffix", ".jpg")]), (PUT, [("prefix", "a/")])),
        notified((ALL, [("prefix", "b/")]), (PUT, [("prefix", "a/")])),
    ),
    ("start-pattern-is-valid", rule(EventPattern={"source": "shop"}), rule(EventPattern={"source": ["shop"]})),
    (
        "start-pattern-is-valid",
        rule(EventPattern={"source": "shop"}, State="DISABLED"),
        rule(EventPattern='{"source": ["shop"]}', State="DISABLED"),
    ),
    ("start-pattern-is-valid", rule(EventPattern="source"), rule(EventPattern='{"source": ["shop"]}')),
    ("start-expression-is-valid", rule(ScheduleExpression="rate(1 hours)"), rule(ScheduleExpression="rate(1 hour)")),
    ("start-expression-is-valid", rule(ScheduleExpression="at(2026-12-24T18:00:00)"), schedule()),
    (
        "start-expression-is-valid",
        schedule(ScheduleExpressionTimezone="Europe/Nowhere"),
        schedule(ScheduleExpressionTimezone="Europe/Paris"),
    ),
    (
        "start-rule-is-on-default-bus",
        rule(ScheduleExpression="rate(1 hour)", EventBusName={"Ref": "Bus"}),
        rule(EventPattern={"source": ["shop"]}, EventBusName={"Ref": "Bus"}),
    ),
    (
        "start-ends-after-start",
        schedule(StartDate="2026-12-02T00:00:00Z", EndDate="2026-12-01T00:00:00Z"),
        schedule(StartDate="2026-12-01T00:00:00Z", EndDate="2026-12-02T00:00:00Z"),
    ),
    (
        "subscription-filter-policy-is-valid",
        subscribed({"FilterPolicy": {"kind": "order"}}),
        subscribed(POLICY),
    ),
    (
        "subscription-filter-policy-is-valid",
        subscribed({"FilterPolicy": {"kind": {"of": ["order"]}}}),
        subscribed({"FilterPolicy": {"kind": {"of": ["order"]}}, "FilterPolicyScope": "MessageBody"}),
    ),
    ("subscription-settings-agree", subscribed({}, POLICY), subscribed(POLICY, POLICY)),
    ("subscription-settings-agree", subscribed({}, {"RawMessageDelivery": True}, inline=True), subscribed({}, {})),
]
