"""Simulates rules of event buses, and schedules: what matches, when they fire, and what their targets get.

https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rules.html
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from redrive_model.filters.matching import matches
from redrive_model.filters.patterns import read as read_pattern
from redrive_model.limits import LARGEST_NOTIFICATION
from redrive_model.resources.rule import RuleSpec, Target
from redrive_model.schedules.deliveries import rule_wait
from redrive_model.schedules.expressions import read as read_schedule
from redrive_model.template.arns import service_of
from redrive_simulator.delivery.inputs import InputError, input_of, with_context
from redrive_simulator.delivery.journeys import Failed, Journey, Way
from redrive_simulator.delivery.sizes import too_large
from redrive_simulator.engine.delivery import Delivery
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.invocation.asynchronous import invoke_later
from redrive_simulator.outcomes import Outcome
from redrive_simulator.services.buses import Bus
from redrive_simulator.services.messages import json_or_text, string_attributes
from redrive_simulator.services.records import whole_seconds
from redrive_simulator.timeline.entries import Kind

if TYPE_CHECKING:
    from redrive_simulator.engine.scheduler import Timer
    from redrive_simulator.engine.world import World
    from redrive_simulator.resources import Resources

_HANDED_ON = "handed to the targets of its rules"


class Rules:
    """Brings events to the targets of rules.

    Args:
        world: The simulation.
        resources: Its resources.
    """

    def __init__(self, world: World, resources: Resources) -> None:
        self._world = world
        self._resources = resources
        self._forwarding: set[str] = set()

    def follow(self, bus: Bus, rules: list[RuleSpec]) -> None:
        """Let the rules of a bus see its events."""
        patterns = [(rule, read_pattern(rule.pattern)) for rule in rules if rule.pattern is not None]
        if not patterns:
            return

        def on_event(event: dict[str, Any]) -> None:
            matched = [rule for rule, pattern in patterns if matches(pattern, event)]
            if not matched:
                self._world.add_entry(Kind.FILTERED, bus.name, events=(event["id"],))
                self._world.set_outcome(event["id"], bus.name, Outcome.FILTERED, reason="no rule matches it")
                return
            self._world.set_outcome(event["id"], bus.name, Outcome.PROCESSED, reason=_HANDED_ON)
            way = Way(self._world, event["id"], bus.name, Outcome.PROCESSED, reason=_HANDED_ON)
            for rule in matched:
                self.send(rule, event, way)

        bus.on_event = on_event

    def send(self, rule: RuleSpec, event: dict[str, Any], way: Way) -> None:
        """Send an event to the targets of a rule."""
        for target in rule.targets:
            self._send_to(target, rule, event, way)

    def _send_to(self, target: Target, rule: RuleSpec, event: dict[str, Any], way: Way) -> None:
        journey = Journey(
            way,
            self._resources.name_of(target.arn),
            lambda: self._try(rule, target, event, journey.retries + 1),
            partial(self._next, target),
            partial(self._give_up, rule, target, event, way),
            rule.name,
        )
        journey.start()

    def _next(self, target: Target, retries: int, age: float) -> float | str:
        parameters = self._world.parameters
        return rule_wait(
            *(retries, age, target.retries, target.event_age), parameters.rule_retry_base, parameters.rule_retry_cap
        )

    def _try(self, rule: RuleSpec, target: Target, event: Mapping[str, Any], attempt: int) -> Delivery:
        """Deliver the input of a target."""
        try:
            text = input_of(target, event, rule)
        except InputError as error:
            return Delivery(self._resources.name_of(target.arn), str(error))
        if not rule.bus:
            text = with_context(text, rule, event["time"], attempt, self._world.new_id)
        return self._deliver(rule, target, text)

    def _deliver(self, rule: RuleSpec, target: Target, text: str) -> Delivery:
        resources, arn = self._resources, target.arn
        match service_of(arn):
            case "sqs" if (queue := resources.queues.get(arn)) is not None:
                try:
                    group = target.group_id if queue.spec.fifo else None
                    queue.send(text, group_id=group)
                except ValueError as error:
                    return Delivery(queue.name, str(error))
                return Delivery(queue.name)
            case "sns" if (topic := resources.topics.get(arn)) is not None:
                refusal = too_large(text, LARGEST_NOTIFICATION, "SNS takes")
                if refusal is None:
                    topic.publish(text)
                return Delivery(topic.name, refusal)
            case "lambda" if (function := resources.functions.get(arn)) is not None:
                invoke_later(function, json_or_text(text), arn)
                return Delivery(function.name)
            case "kinesis" if (stream := resources.streams.get(arn)) is not None:
                stream.put(text.encode(), self._world.new_id())
                return Delivery(stream.name)
            case "events" if (bus := resources.buses.get(arn)) is not None:
                return self._forward(rule, json_or_text(text), bus)
            case _:
                return Delivery(arn)

    def _forward(self, rule: RuleSpec, event: Any, bus: Bus) -> Delivery:
        """Send an event on to a bus, whose rules get it at once.

        A target that is a bus takes no input of its own: https://github.com/aws/aws-cdk/issues/30587
        """
        if not isinstance(event, Mapping) or "detail" not in event:
            reason = "an event bus takes whole events: give the target no Input, InputPath or InputTransformer"
            return Delivery(bus.name, reason)
        if rule.arn in self._forwarding:
            raise NotSimulatedError(
                f"rule {rule.name} gets back the events that it sends to the event bus {bus.name}, and EventBridge "
                "would send them around without an end: narrow the pattern of the rule"
            )
        self._forwarding.add(rule.arn)
        try:
            bus.forward(cast("Mapping[str, Any]", event))
        finally:
            self._forwarding.remove(rule.arn)
        return Delivery(bus.name)

    def _give_up(self, rule: RuleSpec, target: Target, event: Mapping[str, Any], way: Way, failed: Failed) -> None:
        """Send an event that was given up to the target's dead-letter queue."""
        reason = failed.delivery.refused or ""
        dead_letters = self._resources.queues.get(target.dead_letter_arn or "")
        if dead_letters is None:
            way.end(Outcome.UNDELIVERED, failed.delivery.place, reason)
            return
        # https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-rule-dlq.html
        attributes = {
            "RULE_ARN" if rule.bus else "SCHEDULE_ARN": rule.arn,
            "TARGET_ARN": target.arn,
            "ERROR_CODE": "INTERNAL_ERROR" if failed.condition else "INVALID_PARAMETER",
            "ERROR_MESSAGE": reason,
        }
        if failed.condition:
            attributes |= {"RETRY_ATTEMPTS": str(failed.retries), "EXHAUSTED_RETRY_CONDITION": failed.condition}
        try:
            dead_letters.send(
                json.dumps(event),
                attributes=string_attributes({name: ("String", text) for name, text in attributes.items()}),
            )
        except ValueError as error:  # an event of nearly 1 MiB has no room for the attributes
            way.end(Outcome.UNDELIVERED, dead_letters.name, str(error))
            return
        place, events = dead_letters.name, (way.event,)
        self._world.add_entry(
            Kind.DEAD_LETTERED, way.source, events=events, parent=failed.number, place=place, reason=reason
        )
        way.end(Outcome.DEAD_LETTERED, place, reason)


class Clockwork:
    """Fires the schedules of a simulation.

    A run without a time ends when only schedules are left, unless something waits for them: a consumer that code has
    paused, and that has events.

    Args:
        world: The simulation.
        send: Sends an event to the targets of a schedule.
        is_awaited: Decides if a run must go on until the next time.
    """

    def __init__(
        self, world: World, send: Callable[[RuleSpec, dict[str, Any], Way], None], is_awaited: Callable[[], bool]
    ) -> None:
        self._world = world
        self._send = send
        self._is_awaited = is_awaited
        self._planned: dict[str, tuple[RuleSpec, float, Timer]] = {}

    def start(self, rule: RuleSpec) -> None:
        """Start a schedule."""
        self._plan(rule, -math.inf)  # one that fires at its start has not fired before

    def replan(self) -> None:
        """Decide again which schedules a run must wait for."""
        awaited = self._is_awaited()
        for rule, due, timer in list(self._planned.values()):
            if timer.background == awaited:
                self._world.scheduler.cancel(timer)
                self._set(rule, due, awaited=awaited)

    def _plan(self, rule: RuleSpec, after: float) -> None:
        world = self._world
        assert rule.schedule is not None
        service = "events" if rule.bus else "scheduler"
        schedule = read_schedule(rule.schedule, service, rule.time_zone)
        start = world.epoch if rule.start is None else max(world.epoch, rule.start.timestamp())
        # A rule fires after it was created, a schedule also at its start.
        due = schedule.after(max(after, start if rule.bus else start - 1), start)
        if due is not None and (rule.end is None or due <= rule.end.timestamp()):
            self._set(rule, due - world.epoch, awaited=self._is_awaited())

    def _set(self, rule: RuleSpec, due: float, *, awaited: bool) -> None:
        timer = self._world.at(due, self._fire, rule, background=not awaited)
        self._planned[rule.arn] = (rule, due, timer)

    def _fire(self, rule: RuleSpec) -> None:
        world = self._world
        id = world.new_id()
        is_rule = bool(rule.bus)
        event: dict[str, Any] = {
            "version": "0",
            "id": id,
            "detail-type": "Scheduled Event",
            "source": "aws.events" if is_rule else "aws.scheduler",
            "account": world.parameters.account,
            "time": whole_seconds(world.time),
            "region": world.parameters.region,
            "resources": [rule.arn],
            "detail": {} if is_rule else "{}",
        }
        world.add_event(id, rule.name, event)
        world.add_entry(Kind.SENT, rule.name, events=(id,))
        world.set_outcome(id, rule.name, Outcome.PROCESSED, reason=_HANDED_ON)
        self._send(rule, event, Way(world, id, rule.name, Outcome.PROCESSED, reason=_HANDED_ON))
        self._plan(rule, world.time)
