"""Functions, their event source mappings, and what they were invoked with."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from botocore.exceptions import ClientError

ARN = "arn:aws:lambda:eu-west-1:111111111111:function:"


@dataclass
class Function:
    """A function.

    Attributes:
        run: What it does with an event.
        events: Asynchronous events, with the qualifier they were invoked with.
        calls: Synchronous ones.
    """

    name: str
    run: Callable[[Any], Any] = lambda event: None
    environment: dict[str, str] = field(default_factory=dict)
    modified: str = "2026-11-20T08:00:00.000+0000"
    events: list[tuple[str | None, Any]] = field(default_factory=list)
    calls: list[Any] = field(default_factory=list)
    last_request: str = ""


class FakeLambda:
    def __init__(self, world: Any) -> None:
        self._world = world
        self.functions: dict[str, Function] = {}
        self.mappings: list[dict[str, Any]] = []
        self.tags: dict[str, dict[str, str]] = {}
        self.configurations: list[dict[str, Any]] = []
        self.reserved: dict[str, int] = {}
        self.settings: dict[str, dict[str, Any]] = {}

    def create(self, name: str, run: Callable[[Any], Any] = lambda event: None, **more: Any) -> Function:
        self.functions[name] = Function(name, run, **more)
        return self.functions[name]

    def map(self, source: str, function: str, state: str = "Enabled") -> dict[str, Any]:
        uuid = str(uuid4())
        made = {
            "UUID": uuid,
            "EventSourceArn": source,
            "FunctionArn": ARN + function,
            "State": state,
            "EventSourceMappingArn": f"arn:aws:lambda:eu-west-1:111111111111:event-source-mapping:{uuid}",
        }
        self.mappings.append(made)
        return made

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes, **_: Any) -> dict[str, Any]:
        function, qualifier = self._find(FunctionName)
        event = json.loads(Payload)
        request = function.last_request = str(uuid4())
        meta = {"RequestId": request, "HTTPHeaders": {}, "HTTPStatusCode": 200}
        if InvocationType == "Event":
            function.events.append((qualifier, event))
            return {"StatusCode": 202, "Payload": io.BytesIO(b""), "ResponseMetadata": {**meta, "HTTPStatusCode": 202}}
        function.calls.append(event)
        try:
            result: Any = function.run(event)
        except Exception as error:
            body = {"errorMessage": str(error), "errorType": type(error).__name__, "stackTrace": []}
            return {
                "StatusCode": 200,
                "FunctionError": "Unhandled",
                "Payload": io.BytesIO(json.dumps(body).encode()),
                "ResponseMetadata": meta,
            }
        return {"StatusCode": 200, "Payload": io.BytesIO(json.dumps(result).encode()), "ResponseMetadata": meta}

    def get_function_configuration(self, FunctionName: str, **_: Any) -> dict[str, Any]:
        function, _qualifier = self._find(FunctionName)
        return {
            "FunctionName": function.name,
            "FunctionArn": ARN + function.name,
            "LastModified": function.modified,
            "Environment": {"Variables": function.environment},
            "Timeout": 10,
            **self.settings.get(function.name, {}),
        }

    def get_function_concurrency(self, FunctionName: str) -> dict[str, Any]:
        name = self._find(FunctionName)[0].name
        return {"ReservedConcurrentExecutions": self.reserved[name]} if name in self.reserved else {}

    def list_function_event_invoke_configs(self, FunctionName: str) -> dict[str, Any]:
        arn = ARN + self._find(FunctionName)[0].name
        found = [each for each in self.configurations if each["FunctionArn"].rpartition(":")[0] == arn]
        return {"FunctionEventInvokeConfigs": found}

    def get_function_event_invoke_config(self, FunctionName: str, Qualifier: str = "$LATEST") -> dict[str, Any]:
        for each in self.list_function_event_invoke_configs(FunctionName)["FunctionEventInvokeConfigs"]:
            if each["FunctionArn"].endswith(f":{Qualifier}"):
                return each
        error: Any = {"Code": "ResourceNotFoundException", "Message": "no configuration"}
        raise ClientError({"Error": error}, "GetFunctionEventInvokeConfig")

    def list_event_source_mappings(
        self, EventSourceArn: str | None = None, FunctionName: str | None = None
    ) -> dict[str, Any]:
        found = [
            each
            for each in self.mappings
            if EventSourceArn in (None, each["EventSourceArn"])
            and (FunctionName is None or self._find(FunctionName)[0].name == each["FunctionArn"].split(":")[6])
        ]
        return {"EventSourceMappings": found}

    def get_event_source_mapping(self, UUID: str) -> dict[str, Any]:
        return next(each for each in self.mappings if each["UUID"] == UUID)

    def update_event_source_mapping(self, UUID: str, Enabled: bool) -> dict[str, Any]:
        mapping = self.get_event_source_mapping(UUID)
        mapping["State"] = "Enabled" if Enabled else "Disabled"
        return mapping

    def list_tags(self, Resource: str) -> dict[str, Any]:
        return {"Tags": self.tags.get(Resource, {})}

    def tag_resource(self, Resource: str, Tags: dict[str, str]) -> dict[str, Any]:
        self.tags.setdefault(Resource, {}).update(Tags)
        return {}

    def untag_resource(self, Resource: str, TagKeys: list[str]) -> dict[str, Any]:
        for key in TagKeys:
            self.tags.get(Resource, {}).pop(key, None)
        return {}

    def _find(self, name: str) -> tuple[Function, str | None]:
        parts = name.split(":")
        found, qualifier = (parts[6], parts[7:]) if name.startswith("arn:") else (parts[0], parts[1:])
        if found not in self.functions:
            raise ClientError(
                {"Error": {"Code": "ResourceNotFoundException", "Message": f"Function not found: {name}"}}, "Invoke"
            )
        return self.functions[found], qualifier[0] if qualifier else None
