"""Lambda's stand-in finds functions by all forms of their names, and refuses what Lambda refuses.

SNAP stands for the snapshots of https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/,
test_lambda.snapshot.json and test_lambda_api.snapshot.json, which were recorded on AWS; API for
https://docs.aws.amazon.com/lambda/latest/api/.
"""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from botocore.exceptions import ClientError

from redrive_simulator import NotSimulatedError, Simulation
from tests.support.simulator.called_functions import FUNCTION_ARN, Client, made
from tests.support.simulator.refused import error

NOT_FOUND, INVALID = "ResourceNotFoundException", "InvalidParameterValueException"
MISMATCH = "The derived qualifier from the function name does not match the specified qualifier."
REFUSED = "Could not parse request body into json: Could not parse payload into json: "


@pytest.fixture(scope="module")
def simulation() -> Simulation:
    return made()


@pytest.fixture
def client(simulation: Simulation) -> Any:
    return Client(simulation)


# Names, qualifiers, and the invoked ARN's end and version.
NAMES: dict[str, tuple[str, str | None, tuple[str, str]]] = {
    "name": ("orders", None, ("orders", "$LATEST")),
    "name with latest": ("orders:$LATEST", None, ("orders", "$LATEST")),
    "name with an alias": ("orders:live", None, ("orders:live", "1")),
    "name and a version": ("orders", "1", ("orders:1", "1")),
    "partial ARN": ("111111111111:function:orders", None, ("orders", "$LATEST")),
    "partial ARN with an alias": ("111111111111:function:orders:live", None, ("orders:live", "1")),
    "kind and name": ("function:orders", None, ("orders", "$LATEST")),
    "ARN": (FUNCTION_ARN.format("orders"), None, ("orders", "$LATEST")),
    "ARN and an alias": (FUNCTION_ARN.format("orders"), "live", ("orders:live", "1")),
    "ARN with an alias, twice": (FUNCTION_ARN.format("orders:live"), "live", ("orders:live", "1")),
}


@pytest.mark.parametrize("name", NAMES)
def test_a_function_is_found_by_all_forms_of_its_name(name: str, client: Any) -> None:
    """API API_Invoke.html"""
    given, qualifier, (invoked, version) = NAMES[name]
    more = {} if qualifier is None else {"Qualifier": qualifier}
    reply = client.invoke(FunctionName=given, Payload=b"7", **more)
    assert json.load(reply["Payload"]) == [7, invoked, version, None]
    assert reply["ExecutedVersion"] == version


# Names, qualifiers, the code and the message.
WRONG_NAMES: dict[str, tuple[str, str | None, str, str]] = {
    "unknown": ("none", None, NOT_FOUND, f"Function not found: {FUNCTION_ARN.format('none:$LATEST')}"),
    "logical id": ("Function", None, NOT_FOUND, f"Function not found: {FUNCTION_ARN.format('Function:$LATEST')}"),
    "unknown alias": ("orders:none", None, NOT_FOUND, f"Function not found: {FUNCTION_ARN.format('orders:none')}"),
    "unknown version": ("orders", "2", NOT_FOUND, f"Function not found: {FUNCTION_ARN.format('orders:2')}"),
    "lower case": (
        FUNCTION_ARN.format("orders"),
        "$latest",
        NOT_FOUND,
        f"Function not found: {FUNCTION_ARN.format('orders:$latest')}",
    ),
    "two qualifiers": (FUNCTION_ARN.format("orders:$LATEST"), "1", INVALID, MISMATCH),
    "latest and alias": ("orders:live", "$LATEST", INVALID, MISMATCH),
    "Region": (
        "arn:aws:lambda:us-east-1:111111111111:function:orders",
        None,
        NOT_FOUND,
        "Functions from 'us-east-1' are not reachable in this region ('eu-west-1')",
    ),
    "no name": ("my-function!", None, "ValidationException", "regular expression pattern"),
    "no qualifier": ("orders", "invalid!", "ValidationException", "regular expression pattern"),
    "queue": ("arn:aws:sqs:eu-west-1:111111111111:queue", None, "ValidationException", "regular expression pattern"),
    "three": ("function:orders:$LATEST:extra", None, "ValidationException", "regular expression pattern"),
}


@pytest.mark.parametrize("name", WRONG_NAMES)
def test_a_name_is_refused(name: str, client: Any) -> None:
    """SNAP test_function_name_and_qualifier_validation[…-invoke], test_get_function_wrong_region[invoke]"""
    given, qualifier, code, message = WRONG_NAMES[name]
    more = {} if qualifier is None else {"Qualifier": qualifier}
    found = error(client.invoke, FunctionName=given, **more)
    assert (found[0], message in found[1]) == (code, True)


def test_a_function_of_another_account_is_an_error_by_name(client: Any) -> None:
    with pytest.raises(NotSimulatedError, match="of another account"):
        client.invoke(FunctionName="222222222222:function:orders")


PAYLOADS: dict[str, bytes | str] = {
    "not UTF-8": b"n\x87r\x9e\xe9\xb5\xd7I\xee\x9bmt",
    "control character": b"\x99\xeb,j\x07\xa1zYh",
    "more than JSON": b"{} }",
    "quotes": "{'a': 1}",
    "NaN": b'{"a": NaN}',
    "infinity": b"-Infinity",
}


@pytest.mark.parametrize("name", PAYLOADS)
@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_a_payload_is_json(name: str, kind: str, client: Any) -> None:
    """SNAP test_lambda_invoke_payload_encoding_error"""
    code, message = error(client.invoke, FunctionName="orders", InvocationType=kind, Payload=PAYLOADS[name])
    assert (code, message.startswith(REFUSED)) == ("InvalidRequestContentException", True)


def test_an_invocation_without_a_payload_has_an_empty_event(client: Any) -> None:
    for given in ({}, {"Payload": b""}):
        assert json.load(client.invoke(FunctionName="orders", **given)["Payload"])[0] == {}


@pytest.mark.parametrize(("kind", "limit"), [("Event", 1_048_576), ("RequestResponse", 6_291_456)])
def test_a_payload_has_a_size(kind: str, limit: int, client: Any) -> None:
    """https://github.com/ASFHyP3/hyp3/issues/2241, API API_Invoke.html"""
    given: dict[str, Any] = {"FunctionName": "off", "InvocationType": kind}
    payload = json.dumps("x" * (limit - 2))
    message = f"{limit + 1} byte payload is too large for the {kind} invocation type (limit {limit} bytes)"
    assert error(client.invoke, **given, Payload=f"{payload} ") == ("RequestEntityTooLargeException", message)
    if kind == "Event":
        assert client.invoke(**given, Payload=payload)["StatusCode"] == 202
    else:
        assert error(client.invoke, **given, Payload=payload)[0] == "TooManyRequestsException"


def test_a_dry_run_runs_nothing(client: Any, simulation: Simulation) -> None:
    calls = simulation.function("Function").calls
    reply = client.invoke(FunctionName="orders", InvocationType="DryRun")
    assert (reply["StatusCode"], reply["Payload"].read(), simulation.function("Function").calls) == (204, b"", calls)
    assert error(client.invoke, FunctionName="none", InvocationType="DryRun")[0] == NOT_FOUND


def test_a_function_without_concurrency_is_throttled(client: Any) -> None:
    """SNAP test_reserved_concurrency"""
    with pytest.raises(ClientError) as caught:
        client.invoke(FunctionName="off")
    response: Any = caught.value.response
    assert type(caught.value).__name__ == "TooManyRequestsException"
    assert response["Error"] == {"Code": "TooManyRequestsException", "Message": "Rate Exceeded."}
    assert response["Reason"] == "ReservedFunctionConcurrentInvocationLimitExceeded"
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 429


CONTEXT = b64encode(json.dumps({"custom": {"a": 1}}).encode()).decode()


@pytest.mark.parametrize(
    "context",
    ["no base64", "e30", b64encode(b"[]").decode(), b64encode(b'{"a": NaN}').decode(), "A" * 3_584],
    ids=["text", "padding", "array", "NaN", "long"],
)
def test_a_client_context_is_an_object_in_base64(context: str, client: Any) -> None:
    """API API_Invoke.html: up to 3,583 bytes of base64-encoded data"""
    given = {"FunctionName": "orders", "ClientContext": context}
    assert error(client.invoke, **given)[0] == "InvalidRequestContentException"
    reply = client.invoke(FunctionName="orders", ClientContext=CONTEXT)
    assert json.load(reply["Payload"])[3] == {"a": 1}


def test_the_tail_of_a_log_is_asked_for(client: Any) -> None:
    given = {"FunctionName": "orders", "Payload": b"1"}
    assert "LogResult" not in client.invoke(**given)
    assert client.invoke(**given, LogType="Tail")["LogResult"] == b64encode(b"hello").decode()
    assert error(client.invoke, **given, LogType="All")[0] == "ValidationException"


def test_an_alias_has_its_own_asynchronous_configuration() -> None:
    """API API_PutFunctionEventInvokeConfig.html"""
    simulation = made()
    client = simulation.client("lambda")
    for qualifier in ("live", "1", "$LATEST"):
        client.invoke(FunctionName="orders", Qualifier=qualifier, InvocationType="Event", Payload=b'"fail"')
    simulation.run()
    (record,) = simulation.queue("Failures").bodies
    assert record["requestContext"]["functionArn"] == FUNCTION_ARN.format("orders:live")
    assert record["requestContext"]["approximateInvokeCount"] == 1
    assert simulation.function("Function").calls == 1 + 3 + 3


def test_the_old_asynchronous_invocation() -> None:
    """API API_InvokeAsync.html"""
    simulation = made()
    client = simulation.client("lambda")
    assert client.invoke_async(FunctionName="orders", InvokeArgs=b"{}")["Status"] == 202
    simulation.run()
    assert simulation.function("Function").calls == 1
    given = {"FunctionName": "orders", "InvokeArgs": b"NaN"}
    assert error(client.invoke_async, **given)[0] == "InvalidRequestContentException"


@pytest.mark.parametrize("operation", ["get_function", "get_function_configuration", "delete_function"])
def test_other_operations_are_errors_by_name(operation: str, client: Any) -> None:
    with pytest.raises(NotSimulatedError, match=r"lambda\."):
        getattr(client, operation)(FunctionName="orders")
