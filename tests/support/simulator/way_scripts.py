"""Random ways between services (topics, rules, schedules, buckets, tables) with random faults, and what must hold.

A script follows from its number alone, so that one that fails can be run again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

from redrive_simulator import Kind, Outcome, Parameters, Simulation, days, hours, minutes
from tests.support.simulator.simulations import arn, function, mapping, resource

KINDS = ("order", "refund", "note")
_END = hours(6)
_ROLE = "arn:aws:iam::111111111111:role/Way"


@dataclass
class Way:
    """A way from a source to a queue of its own.

    Attributes:
        queue: Name of the queue.
        kinds: What passes it: kinds of events.
        kept: Whether there is a dead-letter queue; its name is that of the queue with `Failed`.
        is_raw: Whether the queue has what was sent, without an envelope.
    """

    queue: str
    kinds: frozenset[str]
    kept: bool
    is_raw: bool = True


@dataclass
class WayScript:
    """A script that has run.

    Attributes:
        simulation: Its simulation.
        ways: Ways by source: `Topic`, `default` (the bus) or `Bucket`.
        sent: Kinds of what was sent, by source.
        firings: How often the schedule was to fire.
        expiring: Ids of items that expire.
        items: Number of items.
        seen: What the function of the table's stream has seen: event names by id of the item.
    """

    simulation: Simulation
    ways: dict[str, list[Way]] = field(default_factory=dict[str, list[Way]])
    sent: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    firings: int = 0
    expiring: set[str] = field(default_factory=set[str])
    items: int = 0
    seen: dict[str, list[str]] = field(default_factory=dict[str, list[str]])


def run(number: int) -> WayScript:
    """Run the script of this number to its end."""
    random = Random(f"ways {number}")
    resources: dict[str, Any] = {"Function": function(), "Topic": resource("AWS::SNS::Topic")}
    ways = {
        "Topic": [_subscription(resources, random, each) for each in range(random.randint(1, 3))],
        "default": [_rule(resources, random, each) for each in range(random.randint(1, 3))],
        "Bucket": [_notification(resources, random)],
    }
    every = random.choice((10, 30, 60))
    resources["Ticks"] = resource("AWS::SQS::Queue")
    resources["Schedule"] = resource(
        "AWS::Scheduler::Schedule",
        ScheduleExpression=f"rate({every} minutes)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target={"Arn": arn("Ticks"), "RoleArn": _ROLE, "Input": "{}"},
    )
    resources["Table"] = resource(
        "AWS::DynamoDB::Table",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        StreamSpecification={"StreamViewType": "NEW_AND_OLD_IMAGES"},
        TimeToLiveSpecification={"AttributeName": "ends", "Enabled": True},
    )
    resources["Mapping"] = mapping({"Fn::GetAtt": ["Table", "StreamArn"]}, StartingPosition="TRIM_HORIZON")
    parameters = Parameters(ttl_delay=random.choice((0.0, minutes(10), hours(2))))
    simulation = Simulation.from_template({"Resources": resources}, seed=number, parameters=parameters, echo=False)
    script = WayScript(simulation, ways)
    script.firings = 1 + int(days(3) // minutes(every))  # one at the start
    simulation.function("Function").handler = _sees(script)
    for way in (each for several in ways.values() for each in several):
        if random.random() < 0.7:
            start = random.uniform(0, _END / 2)
            end = start + random.choice((minutes(5), hours(1), hours(4), days(2)))
            chance, retried = random.choice((1.0, 0.5)), random.random() < 0.7
            simulation.unreachable(way.queue, start=start, end=end, probability=chance, retried=retried)
    _traffic(script, random)
    simulation.run_until(days(3))
    return script


def check(script: WayScript) -> None:
    """Check the rules that every run follows: each event is at each of its targets once, given up, or filtered."""
    simulation = script.simulation
    assert not [each for each in simulation.ended if each.outcome is Outcome.WAITING]
    failures = [each for each in simulation.timeline if each.kind is Kind.DESTINATION_FAILED]
    given_up = Counter(each.place for each in failures if each.source in script.ways)
    for source, ways in script.ways.items():
        sent = Counter(script.sent.get(source, []))
        for way in ways:
            arrived = Counter(map(_kind_of, _arrived(simulation, way)))
            wanted = Counter({kind: sent[kind] for kind in way.kinds if sent[kind]})
            failed = len(simulation.queue(f"{way.queue}Failed")) if way.kept else given_up[way.queue]
            assert arrived <= wanted, f"{way.queue} has {arrived} of {wanted}"
            assert arrived.total() + failed == wanted.total(), f"{way.queue}: {arrived} and {failed} of {wanted}"
            assert failed == given_up[way.queue]
    unkept = {way.queue for ways in script.ways.values() for way in ways if not way.kept}
    assert {each.place for each in simulation.lost} == {queue for queue in unkept if given_up[queue]}
    assert len(simulation.queue("Ticks")) == script.firings
    assert len(simulation.table("Table").items) == script.items - len(script.expiring)
    assert set(script.seen) == {str(number) for number in range(script.items)}
    for id, names in script.seen.items():
        assert names == ["INSERT", "REMOVE"][: 1 + (id in script.expiring)], (id, names)


def _arrived(simulation: Simulation, way: Way) -> Iterator[Any]:
    for body in simulation.queue(way.queue).bodies:
        if not (isinstance(body, dict) and body.get("Event") == "s3:TestEvent"):
            yield body if way.is_raw else json.loads(body["Message"])


def _kind_of(body: Any) -> str:
    if "Records" in body:
        return body["Records"][0]["s3"]["object"]["key"].partition("/")[0]
    return body.get("kind") or body["detail"]["kind"]


def _some(random: Random) -> frozenset[str]:
    return frozenset(random.sample(KINDS, random.randint(1, 3)))


def _queues(resources: dict[str, Any], name: str, random: Random) -> bool:
    """Add a queue, and perhaps one for what does not reach it."""
    kept = random.random() < 0.5
    resources[name] = resource("AWS::SQS::Queue")
    if kept:
        resources[f"{name}Failed"] = resource("AWS::SQS::Queue")
    return kept


def _subscription(resources: dict[str, Any], random: Random, number: int) -> Way:
    name, kinds, raw = f"Subscribed{number}", _some(random), random.random() < 0.5
    kept = _queues(resources, name, random)
    properties: dict[str, Any] = {"FilterPolicy": {"kind": sorted(kinds)}}
    if random.random() < 0.5:
        properties["FilterPolicyScope"] = "MessageBody"
    if kept:
        properties["RedrivePolicy"] = {"deadLetterTargetArn": arn(f"{name}Failed")}
    to = {"TopicArn": {"Ref": "Topic"}, "Protocol": "sqs", "Endpoint": arn(name), "RawMessageDelivery": raw}
    resources[f"{name}Subscription"] = resource("AWS::SNS::Subscription", **to, **properties)
    return Way(name, kinds, kept, raw)


def _rule(resources: dict[str, Any], random: Random, number: int) -> Way:
    name, kinds = f"Ruled{number}", _some(random)
    kept = _queues(resources, name, random)
    target: dict[str, Any] = {"Id": "1", "Arn": arn(name)}
    if random.random() < 0.7:
        target["RetryPolicy"] = {
            "MaximumRetryAttempts": random.choice((0, 3, 185)),
            "MaximumEventAgeInSeconds": random.choice((60, 3_600, 86_400)),
        }
    if random.random() < 0.3:
        target["InputTransformer"] = {
            "InputPathsMap": {"kind": "$.detail.kind"},
            "InputTemplate": '{"kind": <kind>, "text": "a <kind>"}',
        }
    if kept:
        target["DeadLetterConfig"] = {"Arn": arn(f"{name}Failed")}
    pattern = {"source": ["shop"], "detail": {"kind": sorted(kinds)}}
    resources[f"{name}Rule"] = resource("AWS::Events::Rule", EventPattern=pattern, Targets=[target])
    return Way(name, kinds, kept)


def _notification(resources: dict[str, Any], random: Random) -> Way:
    resources["Stored"] = resource("AWS::SQS::Queue")
    (kind,) = random.sample(KINDS, 1)
    rules = [{"Name": "prefix", "Value": f"{kind}/"}]
    told = {"Event": "s3:ObjectCreated:*", "Queue": arn("Stored"), "Filter": {"S3Key": {"Rules": rules}}}
    resources["Bucket"] = resource("AWS::S3::Bucket", NotificationConfiguration={"QueueConfigurations": [told]})
    return Way("Stored", frozenset({kind}), kept=False)


def _sees(script: WayScript) -> Any:
    def handler(event: dict[str, Any], context: Any) -> None:
        for record in event["Records"]:
            id = record["dynamodb"]["Keys"]["id"]["S"]
            script.seen.setdefault(id, []).append(record["eventName"])

    return handler


def _traffic(script: WayScript, random: Random) -> None:
    simulation = script.simulation
    sns, events, s3 = (simulation.client(each) for each in ("sns", "events", "s3"))
    topic, bucket = simulation.topic("Topic").spec.arn, simulation.bucket("Bucket").spec.bucket_name
    epoch = Parameters().start.timestamp()
    for number, at in enumerate(sorted(random.uniform(0, _END) for _ in range(random.randint(1, 15)))):
        simulation.run_until(max(at, simulation.now))
        kind, source = random.choice(KINDS), random.choice(("Topic", "default", "Bucket", "Table"))
        script.sent.setdefault(source, []).append(kind)
        detail = json.dumps({"kind": kind, "number": number})
        match source:
            case "Topic":
                attributes = {"kind": {"DataType": "String", "StringValue": kind}}
                sns.publish(TopicArn=topic, Message=detail, MessageAttributes=attributes)
            case "default":
                events.put_events(Entries=[{"Source": "shop", "DetailType": "sold", "Detail": detail}])
            case "Bucket":
                s3.put_object(Bucket=bucket, Key=f"{kind}/{number}", Body=b"1")
            case _:
                item: dict[str, Any] = {"id": str(script.items)}
                if random.random() < 0.5:
                    item["ends"] = int(epoch + at + random.uniform(0, hours(12)))
                    script.expiring.add(item["id"])
                simulation.change("Table", item)
                script.items += 1
