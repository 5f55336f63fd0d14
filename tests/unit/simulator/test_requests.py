"""HTTP requests reach functions through REST APIs, HTTP APIs and function URLs, and get API Gateway's answers."""

from __future__ import annotations

import time
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as apigatewayv2
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_lambda as lambda_
from aws_cdk.assertions import Template

from redrive_simulator import NotSimulatedError, Outcome, Response, Simulation, UnknownNameError
from tests.support.constructs.cdk import new_stack, python_function
from tests.support.simulator.simulations import resource, template

SAM = """\
Transform: AWS::Serverless-2016-10-31
Resources:
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: app.handler
      Runtime: python3.13
      CodeUri: src/
      Events:
        Rest: {Type: Api, Properties: {Path: '/orders/{id}', Method: get}}
        Http: {Type: HttpApi, Properties: {Path: '/orders/{id}', Method: any}}
"""


@cache
def made() -> dict[str, Any]:
    """`Rest` and `Http` have the same routes to `Function`, and `Url` is its URL."""
    stack = new_stack()
    function: Any = python_function(stack, "Function", timeout=Duration.minutes(2))
    rest = apigateway.LambdaRestApi(stack, "Rest", handler=function, proxy=False)
    orders = rest.root.add_resource("orders")
    orders.add_method("POST")
    order = orders.add_resource("{id}")
    order.add_method("GET")
    orders.add_resource("all").add_method("GET")
    order.add_resource("{rest+}").add_method("ANY")
    quick = apigateway.LambdaIntegration(function, timeout=Duration.seconds(5))
    rest.root.add_resource("quick").add_method("GET", quick)
    rest.root.add_resource("mock").add_method("GET", apigateway.MockIntegration())
    http = apigatewayv2.HttpApi(stack, "Http")
    proxy = integrations.HttpLambdaIntegration("Proxy", function)
    old = integrations.HttpLambdaIntegration(
        "Old", function, payload_format_version=apigatewayv2.PayloadFormatVersion.VERSION_1_0
    )
    method = apigatewayv2.HttpMethod
    for path, methods in (("/orders", [method.POST]), ("/orders/{id}", [method.GET]), ("/orders/all", [method.GET])):
        http.add_routes(path=path, methods=methods, integration=proxy)
    http.add_routes(path="/orders/{id}/{rest+}", integration=proxy)
    http.add_routes(path="/old", integration=old)
    function.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
    return dict(Template.from_stack(stack).to_json())


class Shop:
    """A handler that keeps its events, and answers as it is told."""

    def __init__(self, answer: Any = None) -> None:
        self.answer = answer
        self.events: list[Any] = []

    def __call__(self, event: Any, context: Any) -> Any:
        self.events.append(event)
        return self.answer(event) if callable(self.answer) else self.answer


def sent(shop: Any, *request: Any, **options: Any) -> Response:
    return Simulation.from_template(made(), {"Function": shop}).request(*request, **options)


OK = {"statusCode": 201, "headers": {"Location": "/orders/7"}, "body": '{"id": 7}'}


@pytest.mark.parametrize("api", ["Rest", "Http"])
def test_a_request_is_answered_by_its_function(api: str) -> None:
    response = sent(Shop(OK), api, "POST", "/orders", {"lines": []})
    assert (response.status, response.headers["location"], response.json()) == (201, "/orders/7", {"id": 7})


def test_the_event_of_a_rest_api_is_that_of_its_page() -> None:
    """set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format"""
    shop = Shop(OK)
    sent(shop, "Rest", "GET", "/orders/7?a=1", headers={"X-Who": "me"}, query={"a": "2", "b": ""})
    (event,) = shop.events
    assert set(event) == {
        *("resource", "path", "httpMethod", "headers", "multiValueHeaders", "queryStringParameters"),
        *("multiValueQueryStringParameters", "pathParameters", "stageVariables", "requestContext", "body"),
        "isBase64Encoded",
    }
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/orders/{id}", "/orders/7", "GET")
    assert event["pathParameters"] == {"id": "7"}
    assert event["queryStringParameters"] == {"a": "2", "b": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": [""]}
    assert event["multiValueHeaders"] == {name: [value] for name, value in event["headers"].items()}
    assert set(event["headers"]) - {"X-Amzn-Trace-Id"} == {
        *("Host", "X-Forwarded-For", "X-Forwarded-Port", "X-Forwarded-Proto", "X-Who"),
    }
    assert (event["body"], event["isBase64Encoded"]) == (None, False)
    assert event["requestContext"]["requestTime"] == "01/Jan/2026:12:00:00 +0000"


def test_the_event_of_an_http_api_is_that_of_its_page() -> None:
    """http-api-develop-integrations-lambda.html, format 2.0."""
    shop = Shop(OK)
    sent(shop, "Http", "GET", "/orders/7?a=1&a=2", headers={"X-Who": "me", "Cookie": "a=1; b=2"})
    (event,) = shop.events
    assert event["version"] == "2.0"
    assert (event["routeKey"], event["rawPath"], event["rawQueryString"]) == (
        "GET /orders/{id}",
        "/orders/7",
        "a=1&a=2",
    )
    assert (event["cookies"], event["headers"]["x-who"]) == (["a=1", "b=2"], "me")
    assert set(event["headers"]) == {
        *("host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto", "x-who"),
    }
    assert (event["queryStringParameters"], event["pathParameters"]) == ({"a": "1,2"}, {"id": "7"})
    assert event["requestContext"]["http"]["method"] == "GET"
    assert event["requestContext"]["stage"] == "$default"


def test_an_http_api_can_use_the_older_format() -> None:
    shop = Shop(OK)
    sent(shop, "Http", "GET", "/old", query={"a": ["1", "2"]})
    (event,) = shop.events
    assert (event["version"], event["multiValueQueryStringParameters"]) == ("1.0", {"a": ["1", "2"]})


@pytest.mark.parametrize("api", ["Rest", "Http"])
@pytest.mark.parametrize(
    ("path", "parameters"),
    [
        ("/orders/all", None),
        ("/orders/7", {"id": "7"}),
        ("/orders/7/lines/2", {"id": "7", "rest": "lines/2"}),
    ],
    ids=["text", "parameter", "rest"],
)
def test_the_most_specific_route_takes_the_request(api: str, path: str, parameters: Any) -> None:
    shop = Shop(OK)
    sent(shop, api, "GET", path)
    assert shop.events[0].get("pathParameters") == parameters


@pytest.mark.parametrize(("api", "status"), [("Rest", 403), ("Http", 404)])
@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("DELETE", "/orders"), ("GET", "/orders/7/")])
def test_a_request_without_a_route(api: str, status: int, method: str, path: str) -> None:
    shop = Shop(OK)
    response = sent(shop, api, method, path)
    if path == "/orders/7/":
        assert response.status == 201
    else:
        assert (response.status, shop.events) == (status, [])


def fails(event: Any) -> Any:
    raise ValueError("boom")


def sleeps(event: Any) -> Any:
    time.sleep(60)
    return OK


@pytest.mark.parametrize(
    "answer", [fails, "text", {"status": 200}, {"statusCode": "ok"}, {"statusCode": 200, "body": {}}]
)
def test_a_function_error_and_a_wrong_format_are_502_at_a_rest_api(answer: Any) -> None:
    """services-apigateway-errors.html"""
    response = sent(Shop(answer), "Rest", "POST", "/orders")
    assert (response.status, response.json()) == (502, {"message": "Internal server error"})


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        (fails, 502, {"message": "Internal Server Error"}),
        ({"statusCode": 200, "body": {}}, 502, {"message": "Internal Server Error"}),
        ({"any": "thing"}, 200, {"any": "thing"}),
        ([1, 2], 200, [1, 2]),
    ],
    ids=["error", "wrong format", "object", "list"],
)
def test_an_http_api_infers_the_response_of_other_results(answer: Any, status: int, body: Any) -> None:
    response = sent(Shop(answer), "Http", "POST", "/orders")
    assert (response.status, response.json()) == (status, body)


@pytest.mark.parametrize(
    ("api", "path", "after", "status"),
    [("Rest", "/orders/7", 29, 504), ("Http", "/orders/7", 30, 503), ("Rest", "/quick", 5, 504), ("Url", "/", 60, 201)],
)
def test_api_gateway_does_not_wait_for_a_slow_function_which_runs_on(
    api: str, path: str, after: float, status: int
) -> None:
    simulation = Simulation.from_template(made(), {"Function": Shop(sleeps)})
    name = "FunctionUrl" if api == "Url" else api
    assert simulation.request(name, "GET", path).status == status
    assert simulation.now == after
    simulation.run()
    assert simulation.now == 60
    assert [ended.outcome for ended in simulation.ended] == [Outcome.PROCESSED]


@pytest.mark.parametrize(("api", "status"), [("Rest", 500), ("Http", 500), ("FunctionUrl", 429)])
def test_a_throttle_is_an_error_of_the_server(api: str, status: int) -> None:
    simulation = Simulation.from_template(made(), {"Function": Shop(OK)})
    simulation.throttle("Function")
    assert simulation.request(api, "GET", "/orders/7").status == status


def test_headers_cookies_and_bytes_go_both_ways() -> None:
    shop = Shop(
        {
            "statusCode": 200,
            "headers": {"X-A": "1,2"},
            "isBase64Encoded": True,
            "body": b64encode(b"\xff").decode(),
        }
    )
    response = sent(shop, "Http", "POST", "/orders", b"\x00")
    assert (response.body, response.headers["x-a"]) == (b"\xff", "1,2")
    assert (shop.events[0]["body"], shop.events[0]["isBase64Encoded"]) == ("AA==", True)
    response = sent(Shop({"statusCode": 200, "cookies": ["a=1"], "body": "x"}), "Http", "POST", "/orders")
    assert (response.cookies, response.text) == (("a=1",), "x")


def test_the_apis_of_sam(tmp_path: Path) -> None:
    pytest.importorskip("samtranslator")
    path = tmp_path / "template.yaml"
    path.write_text(SAM)
    shop = Shop(OK)
    simulation = Simulation.from_template(path, {"Function": shop})
    for api in ("ServerlessRestApi", "ServerlessHttpApi"):
        assert simulation.request(api, "GET", "/orders/7").status == 201
    assert [event["pathParameters"] for event in shop.events] == [{"id": "7"}, {"id": "7"}]


INCLUDED = {"Body": {"Fn::Transform": {"Name": "AWS::Include", "Parameters": {"Location": "s3://bucket/api.yaml"}}}}


@pytest.mark.parametrize("body", [INCLUDED, {"BodyS3Location": {"Bucket": "bucket", "Key": "api.yaml"}}])
def test_a_definition_that_is_elsewhere_is_an_error_when_it_is_asked_for(body: dict[str, Any]) -> None:
    simulation = Simulation.from_template(template(Api=resource("AWS::ApiGateway::RestApi", **body)))
    with pytest.raises(NotSimulatedError, match="GET /orders of Api leads to something else"):
        simulation.request("Api", "GET", "/orders")


def test_what_is_not_simulated_is_an_error() -> None:
    with pytest.raises(NotSimulatedError, match=r"GET /mock of Rest.* leads to something else"):
        sent(Shop(OK), "Rest", "GET", "/mock")
    with pytest.raises(UnknownNameError, match="no API is called 'Other'"):
        sent(Shop(OK), "Other", "GET", "/")
    with pytest.raises(ValueError, match="begins with /"):
        sent(Shop(OK), "Rest", "GET", "orders")
    with pytest.raises(ValueError, match="Lambda takes up to"):
        sent(Shop(OK), "Rest", "POST", "/orders", "x" * 6_291_457)
