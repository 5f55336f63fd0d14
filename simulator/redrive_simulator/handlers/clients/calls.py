"""Answers the AWS calls of all botocore clients while a simulation runs, however and whenever a client was made.

Every call of every client, resource and paginator goes through `BaseClient._make_api_call`, which is replaced once for
the life of the process. Without a running simulation it does what it did before.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from inspect import signature
from types import SimpleNamespace
from typing import Any

from redrive_simulator.engine.invocation import InvocationEndedError
from redrive_simulator.errors import NotSimulatedError
from redrive_simulator.handlers.clients.base import FURTHER, Client, Shared
from redrive_simulator.handlers.clients.constraints import check_constraints
from redrive_simulator.handlers.clients.others import Others
from redrive_simulator.handlers.clients.timestamps import with_datetimes
from redrive_simulator.handlers.sealing import is_sealed
from redrive_simulator.services.refusals import Refused

#: Answers a call: takes the client, the name of the operation and its parameters.
Answer = Callable[[Any, str, dict[str, Any]], Any]

# Each with the process that it answers.
_answering: list[tuple[Answer, int]] = []
_OK = 200
_LOOKS_OF_A_CALL = 10
# Codes of SQS whose names in the model are not their last parts.
_NAMES = {
    "AWS.SimpleQueueService.NonExistentQueue": "QueueDoesNotExist",
    "InvalidParameterValue": "InvalidParameterValueException",
    "MissingParameter": "MissingRequiredParameterException",
}


@contextmanager
def answered_by(answer: Answer) -> Generator[None]:
    """Have all calls of botocore's clients answered by a function."""
    _install()
    answering = (answer, os.getpid())
    _answering.append(answering)
    try:
        yield
    finally:
        _answering.remove(answering)


@cache
def _install() -> None:
    """Replace what all clients call."""
    try:
        from botocore.client import BaseClient  # pyright: ignore
    except ImportError:  # without boto3, no code can make a client
        return
    kind: Any = BaseClient
    original = kind._make_api_call

    def make_api_call(client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        __tracebackhide__ = True
        if _is_stubbed(client, operation):  # by botocore's own Stubber, in a user's test
            return original(client, operation, parameters)
        if _answering:
            answer, process = _answering[-1]
            if os.getpid() != process:  # what this process changes in the simulation, nobody would see
                raise NotSimulatedError(
                    f"{operation} is called in a process that a handler has forked, outside of the simulation: call "
                    "it in the handler's own process, or use threads"
                )
            return answer(client, operation, parameters)
        if is_sealed():
            raise InvocationEndedError
        return original(client, operation, parameters)

    kind._make_api_call = wraps(original)(make_api_call)  # `__wrapped__` is what was there before


def _is_stubbed(client: Any, operation: str) -> bool:
    stub = sys.modules.get("botocore.stub")
    if stub is None:
        return False
    handlers = client.meta.events._emitter._handlers.prefix_search(f"before-call.any.{operation}")
    return any(isinstance(getattr(each, "__self__", None), stub.Stubber) for each in handlers)


class Calls:
    """Answers the calls of one simulation.

    Args:
        shared: State of all stand-ins.

    Attributes:
        others: Answers for the services that have no stand-in.
    """

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._stand_ins: dict[str, Client] = {}
        self.others = Others(shared)
        self._answers: dict[tuple[str, str], Callable[..., Any]] = {}
        self._requests = 0

    def add(self, service: str, operation: str, answer: Callable[..., Any]) -> None:
        """Answer an operation by a function, which takes the parameters by name and returns the response."""
        self._answers[service, operation] = answer

    def answer(self, client: Any, operation: str, parameters: dict[str, Any]) -> Any:
        """Answer a call as the service would."""
        __tracebackhide__ = True
        self._shared.runner.check()
        self._shared.runner.look(_LOOKS_OF_A_CALL)
        service = str(client.meta.service_model.service_name)
        model = client.meta.service_model.operation_model(operation)
        method: Callable[..., Any] | None = self._answers.get((service, operation))
        if method is None:
            stand_in = self._stand_in(service)
            if stand_in is None:
                with self._shared.turn:
                    return self.others.answer(client, operation, parameters)
            method = getattr(stand_in, _method_name(operation), None)
            if method is None:
                raise self._shared.missing(f"{service}.{operation}", _way_out(service, operation))
        context = _context(client, model)
        given = client._emit_api_params(api_params=parameters, operation_model=model, context=context)
        _validate(given, model)
        given = with_datetimes(given, model.input_shape)
        self._check_supported(service, operation, method, given)
        self._requests += 1
        metadata: dict[str, Any] = {"RequestId": f"{self._requests:032x}", "HTTPHeaders": {}, "RetryAttempts": 0}
        error: Exception | None = None
        status = _OK
        try:
            check_constraints(service, model, given)
            # An invocation waits for another function, whose threads may call, too.
            with self._shared.turn.left() if operation == "Invoke" else self._shared.turn:
                parsed = dict(method(**given) or {})
            status = int(parsed.pop("HTTPStatusCode", _OK))
        except NotSimulatedError as missing:
            self._shared.note(missing)
            raise
        except Refused as refused:
            status = refused.status
            described = {"Code": refused.code, "Message": refused.message, **refused.details}
            name = _name_of(refused.code, client.meta.service_model)
            if name != refused.code:
                described["QueryErrorCode"] = name
            parsed = {"Error": described, **refused.more}
            error = client.exceptions.from_code(name)(parsed, operation)
        parsed["ResponseMetadata"] = {**metadata, "HTTPStatusCode": status}
        reply = SimpleNamespace(status_code=status, headers={}, content=b"", text="", raw=None)
        # Resources convert replies here: a `Table` of boto3 gets plain values.
        client.meta.events.emit(
            f"after-call.{model.service_model.service_id.hyphenize()}.{operation}",
            http_response=reply,
            parsed=parsed,
            model=model,
            context=context,
        )
        if error is not None:
            raise error
        return parsed

    def _check_supported(
        self, service: str, operation: str, method: Callable[..., Any], given: Mapping[str, Any]
    ) -> None:
        supported = _parameters_of(getattr(method, "__func__", method))
        unknown = [name for name in given if supported is not None and name not in supported]
        if unknown:
            what = f"{service}.{operation}({', '.join(f'{name}=…' for name in unknown)})"
            raise self._shared.missing(what, f"leave {', '.join(unknown)} out, or {_way_out(service, operation)}")

    def _stand_in(self, service: str) -> Client | None:
        made = self._stand_ins.get(service)
        if made is None:
            from redrive_simulator.handlers.clients.services import STAND_INS

            kind = STAND_INS.get(service)
            if kind is None:
                return None
            made = self._stand_ins[service] = kind(self._shared)
        return made


def _way_out(service: str, operation: str) -> str:
    return f'give an answer with simulation.answer("{service}", "{operation}", function)'


@cache
def _method_name(operation: str) -> str:
    from botocore import xform_name  # pyright: ignore

    return str(xform_name(operation))  # pyright: ignore


@cache
def _parameters_of(function: Callable[..., Any]) -> frozenset[str] | None:
    """Return the names of the parameters of a function; `None` if it takes any."""
    parameters = signature(function).parameters.values()
    further: frozenset[str] | None = getattr(function, FURTHER, None)
    if any(each.kind is each.VAR_KEYWORD for each in parameters) and further is None:
        return None
    return frozenset(each.name for each in parameters) | (further or frozenset())


def _name_of(code: str, model: Any) -> str:
    """Return the name of an error in the service's model, by which `client.exceptions` finds its class.

    SQS answers with the codes of its former protocol, and botocore reads the names from a header:
    https://smithy.io/2.0/aws/protocols/aws-query-protocol.html#aws-query-compatible-trait
    """
    if "awsQueryCompatible" not in model.metadata:
        return code
    return _NAMES.get(code, code.rpartition(".")[2])


def _context(client: Any, model: Any) -> dict[str, Any]:
    return {
        "client_region": client.meta.region_name,
        "client_config": client.meta.config,
        "has_streaming_input": model.has_streaming_input,
        "auth_type": model.resolved_auth_type,
    }


def _validate(parameters: dict[str, Any], model: Any) -> None:
    """Validate parameters by the service's own model."""
    from botocore.exceptions import ParamValidationError  # pyright: ignore
    from botocore.validate import ParamValidator  # pyright: ignore

    if model.input_shape is None:
        return
    report: Any = ParamValidator().validate(parameters, model.input_shape)  # pyright: ignore
    if report.has_errors():
        raise ParamValidationError(report=report.generate_report())  # pyright: ignore
