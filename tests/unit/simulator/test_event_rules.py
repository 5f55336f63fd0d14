"""Rules of event buses bring the events that match to their targets."""

from __future__ import annotations

import json
from typing import Any

import pytest

from redrive import client
from redrive_simulator import Outcome, Simulation
from tests.support.simulator.heard import Heard, rule, simulated
from tests.support.simulator.simulations import arn, fails, function, resource, template


def put(simulation: Simulation, detail: Any, bus: str = "default", source: str = "shop") -> None:
    entry = {"EventBusName": bus, "Source": source, "DetailType": "sold", "Detail": json.dumps(detail)}
    assert simulation.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0


def test_a_rule_brings_the_events_that_match_to_its_targets() -> None:
    heard = Heard()
    stack = template(
        Function=function(), Rule=rule(EventPattern={"source": ["shop"], "detail": {"price": [{"numeric": [">", 5]}]}})
    )
    simulation = simulated(heard, stack)
    put(simulation, {"price": 7})
    put(simulation, {"price": 3})
    simulation.run()
    assert [event["detail"] for event in heard.events] == [{"price": 7}]
    outcomes = [ended.outcome for ended in simulation.ended if ended.source == "default"]
    assert outcomes == [Outcome.PROCESSED, Outcome.FILTERED]


@pytest.mark.parametrize(
    ("target", "seen"),
    [
        ({"Input": '{"constant": 1}'}, {"constant": 1}),
        ({"InputPath": "$.detail.lines[1]"}, {"name": "b"}),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "id": "$.detail.id",
                        "first": "$.detail.lines[0].name",
                        "lines": "$.detail.lines",
                    },
                    "InputTemplate": '{"id": <id>, "text": "order <id> of <first>", '
                    '"lines": <lines>, "by": "<aws.events.rule-name>"}',
                }
            },
            {"id": 7, "text": "order 7 of a", "lines": [{"name": "a"}, {"name": "b"}], "by": "Rule"},
        ),
        ({"InputTransformer": {"InputPathsMap": {"id": "$.detail.id"}, "InputTemplate": '"sold <id>"'}}, "sold 7"),
    ],
    ids=["constant", "path", "transformer", "text"],
)
def test_a_target_gets_its_input(target: dict[str, Any], seen: Any) -> None:
    heard = Heard()
    simulation = simulated(heard, template(Function=function(), Rule=rule(target, EventPattern={"source": ["shop"]})))
    put(simulation, {"id": 7, "lines": [{"name": "a"}, {"name": "b"}]})
    simulation.run()
    assert heard.events == [seen]


def test_events_go_on_to_queues_topics_and_other_buses_and_causes_are_known() -> None:
    heard = Heard()
    targets = [
        {"Id": name, "Arn": arn(name) if name != "Topic" else {"Ref": name}} for name in ("Queue", "Topic", "Other")
    ]
    stack = template(
        Function=function(),
        Queue=resource("AWS::SQS::Queue"),
        Topic=resource("AWS::SNS::Topic"),
        Bus=resource("AWS::Events::EventBus", Name="one"),
        Other=resource("AWS::Events::EventBus", Name="two"),
        Rule=resource(
            "AWS::Events::Rule", EventBusName={"Ref": "Bus"}, EventPattern={"source": ["shop"]}, Targets=targets
        ),
        Second=rule(EventBusName="two", EventPattern={"source": ["shop"]}),
    )
    simulation = simulated(heard, stack)
    put(simulation, {"id": 7}, bus="one")
    simulation.run()
    assert [body["detail"] for body in simulation.queue("Queue").bodies] == [{"id": 7}]
    assert [message["detail"] for message in simulation.topic("Topic").messages] == [{"id": 7}]
    assert [event["detail"] for event in heard.events] == [{"id": 7}]
    first = simulation.bus("Bus").events[0]["id"]
    assert len(simulation.timeline.of_events(first).attempts) == 1


@pytest.mark.parametrize("dead_letters", [True, False])
def test_an_event_that_a_target_refuses_is_dead_lettered_or_lost(dead_letters: bool) -> None:
    target = {"Arn": arn("Fifo"), **({"DeadLetterConfig": {"Arn": arn("Failed")}} if dead_letters else {})}
    stack = template(
        Function=function(),
        Fifo=resource("AWS::SQS::Queue", FifoQueue=True, ContentBasedDeduplication=True),
        Failed=resource("AWS::SQS::Queue"),
        Rule=rule(target, EventPattern={"source": ["shop"]}),
    )
    simulation = Simulation.from_template(stack)
    put(simulation, {"id": 7})
    simulation.run()
    (ended,) = (each for each in simulation.ended if each.source == "default")
    if dead_letters:
        assert (ended.outcome, ended.place) == (Outcome.DEAD_LETTERED, "Failed")
        (letter,) = simulation.queue("Failed").messages
        assert letter.json()["detail"] == {"id": 7}
        assert letter.attributes is not None
        assert letter.attributes["TARGET_ARN"]["stringValue"].endswith(":Fifo.fifo")
    else:
        assert ended.outcome is Outcome.UNDELIVERED
        with pytest.raises(AssertionError, match="1 of 1 events were lost"):
            simulation.assert_nothing_lost()


def test_results_of_invocations_match_rules() -> None:
    heard = Heard()
    stack = template(
        Function=function(),
        Failing=function(),
        Bus=resource("AWS::Events::EventBus", Name="results"),
        Config=resource(
            "AWS::Lambda::EventInvokeConfig",
            FunctionName={"Ref": "Failing"},
            Qualifier="$LATEST",
            MaximumRetryAttempts=0,
            DestinationConfig={"OnFailure": {"Destination": arn("Bus")}},
        ),
        Rule=rule(EventBusName="results", EventPattern={"detail-type": [{"suffix": "Failure"}]}),
    )
    simulation = Simulation.from_template(stack, {"Function": heard, "Failing": fails})
    heard.simulation = simulation
    simulation.invoke("Failing", {"id": 1}, asynchronous=True)
    simulation.run()
    assert heard.events[0]["detail"]["requestPayload"] == {"id": 1}


def test_an_event_for_a_bus_outside_the_template_is_sent_away() -> None:
    simulation = Simulation.from_template(template(Function=function()))
    put(simulation, {"id": 7}, bus="elsewhere")
    (ended,) = simulation.ended
    assert (ended.outcome, ended.place) == (Outcome.SENT_AWAY, "elsewhere")


def test_a_function_that_puts_events_in_a_handler_reaches_the_rule() -> None:
    heard = Heard()

    def sells(event: Any, context: Any) -> None:
        entry = {"Source": "shop", "DetailType": "sold", "Detail": "{}"}
        client("events").put_events(Entries=[entry])

    stack = template(Function=function(), Seller=function(), Rule=rule(EventPattern={"source": ["shop"]}))
    simulation = Simulation.from_template(stack, {"Function": heard, "Seller": sells})
    heard.simulation = simulation
    request = simulation.invoke("Seller").request_id
    simulation.run()
    assert len(heard.events) == 1
    assert len(simulation.timeline.of_events(request).attempts) == 2
