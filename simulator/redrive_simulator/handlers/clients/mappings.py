"""Stands in for Lambda's event source mappings, and for the tags of functions and mappings.

SNAP stands for https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/test_lambda_api.snapshot.json,
which was recorded on AWS.
"""

# ruff: noqa: N803

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from redrive_model.resources.mapping import SqsMappingSpec
from redrive_simulator.handlers.clients.base import Client, found
from redrive_simulator.handlers.clients.function_names import not_found, read_name
from redrive_simulator.handlers.clients.pages import page
from redrive_simulator.services.refusals import Refused

if TYPE_CHECKING:
    from redrive_model.resources.mapping import StreamMappingSpec
    from redrive_simulator.invocation.sqs_mapping import SqsMapping
    from redrive_simulator.invocation.stream_mapping import StreamMapping

# Mappings of a page: https://docs.aws.amazon.com/lambda/latest/api/API_ListEventSourceMappings.html
_PAGE = 100
# Of the ARN of a function without a qualifier.
_COLONS = 6


class Mappings(Client):
    """Answers for event source mappings and tags: https://docs.aws.amazon.com/lambda/latest/api/."""

    def get_event_source_mapping(self, *, UUID: str) -> dict[str, Any]:
        """`GetEventSourceMapping`."""
        return self._described(UUID, self._mapping(UUID))

    def list_event_source_mappings(
        self,
        *,
        EventSourceArn: str | None = None,
        FunctionName: str | None = None,
        Marker: str | None = None,
        MaxItems: int = _PAGE,
    ) -> dict[str, Any]:
        """`ListEventSourceMappings`."""
        name = None if FunctionName is None else read_name(FunctionName, None, self._world.parameters.region)
        shown = [
            self._described(uuid, mapping)
            for uuid, mapping in sorted(self._resources.mappings.items())
            if EventSourceArn in (None, mapping.spec.source)
            and (name is None or name.name == mapping.function.spec.function_name)
        ]
        refused = Refused("InvalidParameterValueException", "Invalid pagination token.")
        listed, rest = page(shown, min(MaxItems, _PAGE), Marker, refused)
        return {"EventSourceMappings": listed, **({} if rest is None else {"NextMarker": rest})}

    def update_event_source_mapping(self, *, UUID: str, Enabled: bool | None = None) -> dict[str, Any]:
        """`UpdateEventSourceMapping`, only to enable or disable a mapping."""
        mapping = self._mapping(UUID)
        if Enabled is not None:
            mapping.switch(Enabled)
        return {"HTTPStatusCode": 202, **self._described(UUID, mapping)}

    def list_tags(self, *, Resource: str) -> dict[str, Any]:
        """`ListTags`."""
        return {"Tags": dict(self._tags(Resource))}

    def tag_resource(self, *, Resource: str, Tags: Mapping[str, str]) -> dict[str, Any]:
        """`TagResource`."""
        self._tags(Resource).update(Tags)
        return {"HTTPStatusCode": 204}

    def untag_resource(self, *, Resource: str, TagKeys: Sequence[str]) -> dict[str, Any]:
        """`UntagResource`."""
        tags = self._tags(Resource)
        for key in TagKeys:
            tags.pop(key, None)
        return {"HTTPStatusCode": 204}

    def _mapping(self, uuid: str) -> SqsMapping | StreamMapping:
        mapping = self._resources.mappings.get(uuid)
        message = "The resource you requested does not exist."  # SNAP test_event_source_mapping_exceptions
        return found(mapping, "ResourceNotFoundException", message, 404)

    def _described(self, uuid: str, mapping: SqsMapping | StreamMapping) -> dict[str, Any]:
        """Return a mapping as `GetEventSourceMapping` does: SNAP test_event_source_mapping_lifecycle."""
        parameters, spec = self._world.parameters, mapping.spec
        arn = f"arn:aws:lambda:{parameters.region}:{parameters.account}:event-source-mapping:{uuid}"
        described: dict[str, Any] = {
            "UUID": uuid,
            "EventSourceMappingArn": arn,
            "EventSourceArn": spec.source,
            "FunctionArn": spec.function,
            "BatchSize": spec.batch_size,
            "MaximumBatchingWindowInSeconds": int(spec.window),
            "FunctionResponseTypes": ["ReportBatchItemFailures"] if spec.partial_responses else [],
            "State": "Enabled" if mapping.enabled else "Disabled",
            "StateTransitionReason": "User action",
        }
        if spec.filters:
            described["FilterCriteria"] = {"Filters": [{"Pattern": each} if each else {} for each in spec.filters]}
        return described | (_of_queue(spec) if isinstance(spec, SqsMappingSpec) else _of_stream(spec))

    def _tags(self, arn: str) -> dict[str, str]:
        """Return the tags of a function or a mapping, at first those of the template: SNAP test_tag_exceptions."""
        resources, kind = self._resources, arn.split(":")[5]
        if kind == "function":
            if arn.count(":") > _COLONS:
                message = "Tags on function aliases and versions are not supported. Please specify a function ARN."
                raise Refused("InvalidParameterValueException", message)
            function = resources.functions.get(arn)
            if function is None:
                raise not_found(arn)
            spec = function.spec
        elif kind == "event-source-mapping":
            mapping = resources.mappings.get(arn.rpartition(":")[2])
            if mapping is None:
                raise Refused("ResourceNotFoundException", f"Event source mapping not found: {arn}", 404)
            spec = mapping.spec
        else:
            raise self._shared.missing(f"lambda: tags of {arn}", 'give an answer with simulation.answer("lambda", …)')
        return self._shared.tags.setdefault(arn, dict(spec.tags))


def _of_queue(spec: SqsMappingSpec) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if spec.scaling is not None:
        made["ScalingConfig"] = {"MaximumConcurrency": spec.scaling}
    pollers = {"MinimumPollers": spec.minimum_pollers, "MaximumPollers": spec.maximum_pollers}
    given = {name: number for name, number in pollers.items() if number is not None}
    return {**made, "ProvisionedPollerConfig": given} if given else made


def _of_stream(spec: StreamMappingSpec) -> dict[str, Any]:
    return {
        "StartingPosition": spec.starting_position,
        "ParallelizationFactor": spec.parallelization,
        "MaximumRetryAttempts": -1 if spec.max_retries is None else spec.max_retries,
        "MaximumRecordAgeInSeconds": -1 if spec.max_age is None else int(spec.max_age),
        "BisectBatchOnFunctionError": spec.bisect,
        "TumblingWindowInSeconds": int(spec.tumbling_window),
        "DestinationConfig": {"OnFailure": {} if spec.on_failure is None else {"Destination": spec.on_failure}},
    }
