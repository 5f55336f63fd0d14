"""What API Gateway does before a request reaches a function: authorizers, keys, and questions of browsers."""

from __future__ import annotations

from typing import Any

import pytest

from redrive_simulator import NotSimulatedError
from tests.support.simulator.apis import INVOKED, OK, PROXY, asked, http, rest, url
from tests.support.simulator.simulations import Template


@pytest.mark.parametrize(
    ("stack", "authorizer"),
    [
        (rest({"AuthorizationType": "CUSTOM", "AuthorizerId": "Auth"}), {"principalId": "me"}),
        (rest({"AuthorizationType": "AWS_IAM"}), {}),
        (http({"AuthorizationType": "JWT", "AuthorizerId": "Auth"}), {"jwt": {"claims": {"sub": "me"}}}),
        (url(AuthType="AWS_IAM"), {"iam": {"userId": "me"}}),
    ],
    ids=["rest", "iam", "http", "url"],
)
def test_what_an_authorizer_says_is_given_by_the_test(stack: Template, authorizer: dict[str, Any]) -> None:
    with pytest.raises(NotSimulatedError, match=r"is authorized by (Auth|AWS_IAM), .* pass authorizer="):
        asked(stack, "GET", "/orders/7", answer=OK)
    _, event = asked(stack, "GET", "/orders/7", answer=OK, authorizer=authorizer)
    assert event["requestContext"]["authorizer"] == authorizer
    with pytest.raises(ValueError, match="has no authorizer; leave it out"):
        asked(rest(), "GET", "/orders/7", answer=OK, authorizer=authorizer)


def test_the_security_of_a_definition() -> None:
    """OpenAPI: that of an operation is in place of that of the whole."""
    operation = {"x-amazon-apigateway-integration": {"type": "aws_proxy", "uri": INVOKED, "httpMethod": "POST"}}
    paths = {
        "/whole": {"get": operation},
        "/open": {"get": {**operation, "security": []}},
        "/sam": {"get": {**operation, "security": [{"NONE": []}]}},
        "/key": {"get": {**operation, "security": [{"api_key": []}]}},
    }
    stack = rest(Body={"openapi": "3.0.1", "security": [{"Auth": []}], "paths": paths})
    with pytest.raises(NotSimulatedError, match="is authorized by Auth"):
        asked(stack, "GET", "/whole")
    assert [asked(stack, "GET", path, answer=OK)[0].status for path in ("/open", "/sam", "/key")] == [200, 200, 403]


def test_an_api_key_is_needed() -> None:
    """supported-gateway-response-types.html, INVALID_API_KEY"""
    stack = rest({"ApiKeyRequired": True})
    response, event = asked(stack, "GET", "/x", answer=OK)
    assert (response.status, response.json(), event) == (403, {"message": "Forbidden"}, {})
    _, event = asked(stack, "GET", "/x", answer=OK, headers={"X-API-Key": "secret"})
    assert event["requestContext"]["identity"]["apiKey"] == "secret"


@pytest.mark.parametrize(
    "stack",
    [rest({"Integration": {**PROXY, "ResponseTransferMode": "STREAM"}}), url(InvokeMode="RESPONSE_STREAM")],
    ids=["rest", "url"],
)
def test_a_response_that_is_streamed_is_an_error_by_name(stack: Template) -> None:
    with pytest.raises(NotSimulatedError, match="streams its response"):
        asked(stack, "GET", "/x", answer=OK)


CORS = {
    "AllowOrigins": ["https://shop.example"],
    "AllowMethods": ["GET", "POST"],
    "AllowHeaders": ["authorization"],
    "ExposeHeaders": ["date"],
    "MaxAge": 300,
    "AllowCredentials": True,
}
ASKS = {"Origin": "https://shop.example", "Access-Control-Request-Method": "GET"}
ALLOWED = {
    "access-control-allow-origin": "https://shop.example",
    "access-control-allow-credentials": "true",
    "access-control-expose-headers": "date",
}


def test_an_http_api_answers_browsers_itself() -> None:
    """http-api-cors.html: it ignores the function's headers."""
    stack = http(CorsConfiguration=CORS)
    response, event = asked(stack, "OPTIONS", "/anything", headers=ASKS)
    assert (response.status, event) == (204, {})
    assert response.headers == {
        **ALLOWED,
        "access-control-allow-methods": "GET,POST",
        "access-control-allow-headers": "authorization",
        "access-control-max-age": "300",
    }
    assert asked(stack, "OPTIONS", "/anything", headers={**ASKS, "Origin": "https://other.example"})[0].headers == {}
    own = {"statusCode": 200, "headers": {"Access-Control-Allow-Origin": "*"}}
    response, _ = asked(stack, "GET", "/orders/7", answer=own, headers={"Origin": "https://shop.example"})
    assert {name: text for name, text in response.headers.items() if name != "content-type"} == ALLOWED
    assert "access-control-allow-origin" not in asked(stack, "GET", "/orders/7", answer=own)[0].headers
    any_origin = http(CorsConfiguration={"AllowOrigins": ["*"]})
    response, _ = asked(any_origin, "GET", "/orders/7", answer=OK, headers={"Origin": "https://shop.example"})
    assert response.headers["access-control-allow-origin"] == "*"


def test_without_a_configuration_the_function_answers_browsers() -> None:
    response, event = asked(http(), "OPTIONS", "/orders/7", answer={"statusCode": 204}, headers=ASKS)
    assert (response.status, event["requestContext"]["http"]["method"]) == (204, "OPTIONS")
    with pytest.raises(NotSimulatedError, match="answers the questions of browsers"):
        asked(url(Cors={"AllowOrigins": ["*"]}), "OPTIONS", "/", answer=OK, headers=ASKS)


@pytest.mark.parametrize(
    "stack",
    [
        rest({"Integration": {**PROXY, "RequestParameters": {"integration.request.header.a": "'b'"}}}),
        http(integration={"ResponseParameters": {"200": {"ResponseParameters": []}}}),
    ],
    ids=["rest", "http"],
)
def test_an_integration_that_maps_parameters_is_an_error_by_name(stack: Template) -> None:
    """Recorded (test_lambda_aws_proxy_integration_request_data_mapping): they change the event."""
    with pytest.raises(NotSimulatedError, match="maps parameters"):
        asked(stack, "GET", "/orders/7", answer=OK)
