"""Explains a stack."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from redrive_model import limits
from redrive_model.explanation.paths import Graph
from redrive_model.explanation.sources import SYNCHRONOUS, Said, of_events, of_queue, of_stream
from redrive_model.explanation.way import Explanation, Way
from redrive_model.findings import Finding, findings_of, functions_without_configuration
from redrive_model.findings.deliveries import invoked_by_apis
from redrive_model.findings.functions import async_facts, facts_without_configuration
from redrive_model.findings.known import Known
from redrive_model.findings.sources import sqs_facts, stream_facts
from redrive_model.findings.ways import ways_in
from redrive_model.resources.asynchronous import AsyncSpec
from redrive_model.resources.function import FunctionSpec
from redrive_model.resources.stack import Stack
from redrive_model.rules.asynchronous import ASYNC_RULES
from redrive_model.template.arns import without_qualifier
from redrive_model.template.template import Resource

_OF_EVENTS = frozenset(
    {*map(ASYNC_RULES.id_of, (*ASYNC_RULES.undeployable, *ASYNC_RULES.unsafe)), *ASYNC_RULES.warnings}
)
# Services that wait for the function's answer: https://docs.aws.amazon.com/lambda/latest/dg/lambda-services.html
_SYNCHRONOUS = ("apigateway.amazonaws.com", "elasticloadbalancing.amazonaws.com", "cognito-idp.amazonaws.com")


def explain(stack: Stack, *, outage: float | None = None, account_concurrency: int | None = None) -> Explanation:
    """Explain what a stack does with each event that fails.

    Args:
        stack: The stack.
        outage: Length of an outage of what the functions call, in seconds; `None` leaves that out.
        account_concurrency: Concurrent invocations of the account; `None` for the default.

    Returns:
        Each way into each function, and what is not modelled.
    """
    concurrency = limits.ACCOUNT_CONCURRENCY if account_concurrency is None else account_concurrency
    explained = _Explained(stack, list(findings_of(stack, account_concurrency=concurrency)), outage)
    ways = [*explained.ways()]
    reached = {without_qualifier(each) for each in explained.reached}
    known = explained.known
    not_reached = [arn for arn in known.functions if arn not in reached]
    at_deployment = [arn for arn in not_reached if arn in stack.serve_deployments]
    parts = [each.text for each in sorted(stack.not_modelled, key=lambda each: not each.matters)]
    parts += [f"{known.shown(arn)}: CloudFormation invokes it, for custom resources" for arn in at_deployment]
    return Explanation(
        ways=tuple(ways),
        not_reached=tuple(known.shown(arn) for arn in not_reached if arn not in at_deployment),
        not_modelled=tuple(dict.fromkeys(parts)),
        findings=tuple(each for each in explained.findings if id(each) not in explained.told),
    )


class _Explained:
    """One stack, while it is explained."""

    def __init__(self, stack: Stack, findings: Sequence[Finding], outage: float | None) -> None:
        self.stack = stack
        self.known = Known(stack)
        self.graph = Graph(self.known)
        self.findings = findings
        self.outage = outage
        self.told: set[int] = set()
        self.reached: set[str] = set()
        self._by_resource: dict[int, list[Finding]] = {}
        for finding in findings:
            for resource in finding.where[:1]:
                self._by_resource.setdefault(id(resource), []).append(finding)

    def ways(self) -> Iterator[Way]:
        """Yield the ways, by kind."""
        for each in self.stack.sqs_mappings:
            queue = self.known.queue(each.source)
            places = [] if queue is None or queue.dead_letter_arn is None else [queue.dead_letter_arn]
            said = of_queue(sqs_facts(each, self.known), self.outage)
            resources = [self.stack.mapped[each.uuid], self._resource(each.source)]
            yield self._way(each.function, each.source, said, places, resources, enabled=each.enabled)
        for each in self.stack.stream_mappings:
            said = of_stream(stream_facts(each, self.known), self.outage)
            source = self.known.source(each.source)
            places = [] if each.on_failure is None else [each.on_failure]
            resources = [self.stack.mapped[each.uuid], self._resource(source)]
            yield self._way(each.function, source, said, places, resources, enabled=each.enabled)
        yield from self._by_events()
        yield from self._by_callers()

    def _by_events(self) -> Iterator[Way]:
        for resource, arn, spec in self.stack.configurations:
            function = self.known.function(arn)
            if function is not None:
                facts = async_facts(resource, arn, spec, function, self.known)
                yield self._event_way(arn, of_events(facts, self.outage), spec, function, [resource])
        for function in functions_without_configuration(self.known, ways_in(self.known)):
            said = of_events(facts_without_configuration(function, self.known), self.outage)
            yield self._event_way(function.arn, said, AsyncSpec(), function, [])

    def _event_way(
        self, arn: str, said: Said, spec: AsyncSpec, function: FunctionSpec, resources: list[Resource | None]
    ) -> Way:
        places = [each for each in (function.dead_letter_arn, spec.on_failure) if each is not None]
        return self._way(arn, function.arn, said, places, resources, on_success=spec.on_success)

    def _by_callers(self) -> Iterator[Way]:
        names = {spec.function_name: spec.arn for spec in self.known.functions.values()}
        # A function that API Gateway invokes without waiting, and in no other way, has no caller who waits.
        found = {*(invoked_by_apis(self.known, waits=False) - invoked_by_apis(self.known, waits=True))}
        for each in self.stack.others:
            if each.kind == "AWS::Lambda::Permission" and each.properties.get("Principal") in _SYNCHRONOUS:
                given = str(each.properties.get("FunctionName", ""))
                function = self.known.function(names.get(given, given))
                if function is not None and function.arn not in found:
                    found.add(function.arn)
                    yield self._way(function.arn, function.arn, SYNCHRONOUS, [], [])

    def _way(
        self,
        function: str,
        source: str,
        said: Said,
        places: Sequence[str],
        resources: Sequence[Resource | None],
        *,
        on_success: str | None = None,
        enabled: bool = True,
    ) -> Way:
        self.reached.add(function)
        known = self.known
        unknown = sorted({name for each in resources if each is not None for name in each.unknown})
        findings = [
            each
            for resource in (*resources, self._resource(without_qualifier(function)))
            for each in self._by_resource.get(id(resource), ())
            if said["kind"] == "asynchronous" or each.rule not in _OF_EVENTS
        ]
        self.told.update(map(id, findings))
        after = [path for arn in (*places, on_success) if arn is not None for path in self.graph.after(arn)]
        more: dict[str, Any] = {} if enabled else {"enabled": False}
        qualifier = function.split(":")[7:]
        before = self.graph.before(source)
        if said["kind"] == "asynchronous":
            before = tuple(path for path in before if path[-2] != "event source mapping")
        elif said["kind"] == "synchronous":
            before = ()  # a caller who waits is no part of these paths
        return Way(
            function=known.shown(function) + (f" ({qualifier[0]})" if qualifier else ""),
            source=known.shown(source),
            places=tuple(map(known.shown, places)),
            unknown=tuple(unknown),
            before=before,
            after=tuple(after),
            findings=tuple({id(each): each for each in findings}.values()),
            **said,
            **more,
        )

    def _resource(self, arn: str) -> Resource | None:
        return self.known.resources.get(arn)
