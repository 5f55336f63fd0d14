"""Events and responses of APIs and URLs are those that were recorded on AWS, or that its pages have.

Recorded: REST APIs in https://github.com/localstack/localstack/blob/main/tests/aws/services/apigateway/
test_apigateway_lambda.py, URLs in https://github.com/localstack/localstack/blob/main/tests/aws/services/lambda_/
test_lambda.py, each with its snapshot.
"""

from __future__ import annotations

from base64 import b64encode
from typing import Any

import pytest

from tests.support.simulator.apis import OK, PROXY, asked, http, rest, url
from tests.support.simulator.simulations import Template


def test_the_context_of_a_rest_api() -> None:
    """test_lambda_aws_proxy_integration"""
    stack = rest(stage={"StageName": "stage", "Variables": {"color": "blue"}})
    _, event = asked(stack, "GET", "/proxy-value", answer=OK, headers={"User-Agent": "python", "tEsT-HEADeR": "aValUE"})
    context = event["requestContext"]
    assert set(context) == {
        *("accountId", "apiId", "deploymentId", "domainName", "domainPrefix", "extendedRequestId", "httpMethod"),
        *("identity", "path", "protocol", "requestId", "requestTime", "requestTimeEpoch", "resourceId"),
        *("resourcePath", "stage"),
    }
    assert (context["path"], context["stage"], context["resourcePath"]) == ("/stage/proxy-value", "stage", "/{proxy+}")
    assert {name for name, value in context["identity"].items() if value is not None} == {"sourceIp", "userAgent"}
    assert len(context["identity"]) == 12
    assert (event["headers"]["tEsT-HEADeR"], event["stageVariables"]) == ("aValUE", {"color": "blue"})
    assert event["headers"]["Host"] == context["domainName"]


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/proxy-value/", "proxy-value"),
        ("/proxy-value//double-slash", "proxy-value//double-slash"),
        (
            "/user/test%2Balias@gmail.com/plus/test+alias@gmail.com",
            "user/test%2Balias@gmail.com/plus/test+alias@gmail.com",
        ),
    ],
    ids=["slash", "double", "encoded"],
)
def test_a_rest_api_passes_paths_on_as_they_are_sent(path: str, parameter: str) -> None:
    """test_lambda_aws_proxy_integration"""
    _, event = asked(rest(), "GET", path, answer=OK)
    assert (event["path"], event["pathParameters"]) == (path, {"proxy": parameter})


def test_a_parameter_of_a_path_may_have_any_name() -> None:
    _, event = asked(http({"RouteKey": "ANY /orders/{order-id}/{the.rest+}"}), "GET", "/orders/7/a/b", answer=OK)
    assert event["pathParameters"] == {"order-id": "7", "the.rest": "a/b"}


def test_the_values_of_a_query_are_decoded() -> None:
    """test_lambda_aws_proxy_integration: what is behind # is not sent."""
    query = "email=test%2Balias@gmail.com&plus=test+alias&zhash=abort/#&ignored=yes"
    _, event = asked(rest(), "GET", f"/api?{query}", answer=OK)
    expected = {"email": "test+alias@gmail.com", "plus": "test alias", "zhash": "abort/"}
    assert event["queryStringParameters"] == expected
    _, event = asked(http(), "GET", f"/orders/7?b=1&{query}", answer=OK, query={"b": "2 3"})
    assert event["rawQueryString"] == f"b=1&{query.partition('#')[0]}&b=2+3"
    assert event["queryStringParameters"] == {**expected, "b": "1,2 3"}


@pytest.mark.parametrize(
    ("answer", "status", "body", "headers"),
    [
        ({"statusCode": 200}, 200, b"", {"content-type": "application/json"}),
        ({"statusCode": "201", "headers": None}, 201, b"", {"content-type": "application/json"}),
        ({"statusCode": 200, "headers": {"a": True}}, 200, b"", {"a": "true", "content-type": "application/json"}),
        ({"headers": {"a": "b"}}, 200, b"", {"a": "b", "content-type": "application/json"}),
        ({"statusCode": 200, "wrongValue": "value"}, 502, None, None),
        ({"statusCode": "test"}, 502, None, None),
        ({"statusCode": 200, "multiValueHeaders": {"a": "b"}}, 502, None, None),
        ("justAString", 502, None, None),
        (
            {"statusCode": 200, "multiValueHeaders": {"A": ["multi", "both"]}, "headers": {"a": "solo", "A": "both"}},
            200,
            b"",
            {"a": "multi,both,solo", "content-type": "application/json"},
        ),
    ],
    ids=["no body", "text", "flag", "headers", "field", "status", "values", "string", "merged"],
)
def test_the_format_of_responses_of_rest_apis(answer: Any, status: int, body: bytes | None, headers: Any) -> None:
    """test_aws_proxy_response_payload_format_validation"""
    response, _ = asked(rest(), "GET", "/x", answer=answer)
    assert response.status == status
    if body is None:
        assert response.json() == {"message": "Internal server error"}
    else:
        assert (response.body, response.headers) == (body, headers)


ENCODED = {"statusCode": 200, "body": b64encode(b"\xff").decode(), "isBase64Encoded": True}


@pytest.mark.parametrize(
    ("types", "accept", "is_decoded"),
    [
        ([], "image/png", False),
        (["image/png"], "image/png", True),
        (["image/png"], "image/jpg", False),
        (["image/png"], "image/*", False),
        (["image/png", "*/test"], "random/test", False),
        (["image/png"], "image/webp,image/png,*/*;q=0.8", False),
        (["image/png"], "image/png,image/*,*/*;q=0.8", True),
        (["application/*"], "application/whatever", True),
        (["application~1*"], "application/zip", True),  # CloudFormation writes / as ~1
        (["application/*"], "application", False),
        (["image/png"], None, False),
        (["*/*"], None, True),
    ],
)
def test_a_rest_api_decodes_a_response_if_the_first_type_that_is_accepted_is_binary(
    types: list[str], accept: str | None, is_decoded: bool
) -> None:
    """test_aws_proxy_binary_response; for */*, api-gateway-payload-encodings.html"""
    headers = None if accept is None else {"Accept": accept}
    response, _ = asked(rest(BinaryMediaTypes=types), "GET", "/x", answer=ENCODED, headers=headers)
    assert response.body == (b"\xff" if is_decoded else b"/w==")


def test_what_is_no_base64_is_an_error_of_the_server() -> None:
    """test_aws_proxy_binary_response"""
    stack = rest(BinaryMediaTypes=["image/png"])
    response, _ = asked(stack, "GET", "/x", answer={**ENCODED, "body": "èé+à)("}, headers={"Accept": "image/png"})
    assert response.status == 500


@pytest.mark.parametrize(
    ("stack", "sent", "media_type", "body", "is_encoded"),
    [
        (rest(), b"\xc3\xa9", "image/png", "é", False),
        (rest(BinaryMediaTypes=["image/png"]), b"\xc3\xa9", "image/png", "w6k=", True),
        (rest(BinaryMediaTypes=["image/*"]), "text", "image/png; q=1", "dGV4dA==", True),
        (url(), "a=b", "multipart/form-data; boundary=x", "YT1i", True),  # test_lambda_url_form_payload
        (url(), b"text", "text/plain", "text", False),  # test_lambda_url_echo_invoke
        (http(), b"{}", "application/json", "{}", False),
        (http(), b"\x00", "image/png", "AA==", True),
    ],
    ids=["rest text", "rest binary", "rest any", "url form", "url text", "http json", "http image"],
)
def test_the_content_type_decides_if_a_body_is_in_base64(
    stack: Template, sent: Any, media_type: str, body: str, is_encoded: bool
) -> None:
    _, event = asked(stack, "POST", "/orders/7", sent, answer=OK, headers={"content-type": media_type})
    assert (event["body"], event["isBase64Encoded"]) == (body, is_encoded)


def test_format_2_leaves_out_what_is_empty() -> None:
    """test_lambda_url_echo_invoke for the body; http-api-develop-integrations-lambda.html"""
    for stack in (http(), url()):
        _, event = asked(stack, "GET", "/orders/7", answer=OK)
        assert not {"body", "cookies", "queryStringParameters", "stageVariables"} & set(event)
        assert event["isBase64Encoded"] is False


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        ({"hello": "world"}, b'{"hello":"world"}'),
        (["hello", 3, True], b'["hello",3,true]'),
        ("hello", b"hello"),
        (3.1, b"3.1"),
        (True, b"true"),
        ({"statusCode": 200, "body": "body123"}, b"body123"),
    ],
    ids=["dict", "list", "string", "float", "boolean", "response"],
)
def test_the_response_of_a_url(answer: Any, body: bytes) -> None:
    """test_lambda_url_invocation"""
    response, _ = asked(url(), "POST", "/", answer=answer)
    assert (response.status, response.headers, response.body) == (200, {"content-type": "application/json"}, body)


def test_a_function_error_behind_a_url_is_a_text() -> None:
    """test_lambda_url_invocation_exception"""
    response, _ = asked(url(), "POST", "/", answer=ValueError("boom"))
    assert (response.status, response.body) == (502, b"Internal Server Error")


@pytest.mark.parametrize(
    ("stage", "path"), [(None, "/orders/7"), ("$default", "/orders/7"), ("dev", "/dev/orders/7")], ids=str
)
def test_the_stage_of_an_http_api(stage: str | None, path: str) -> None:
    given = None if stage is None else {"StageName": stage, "StageVariables": {"a": "b"}}
    _, event = asked(http(stage=given), "GET", "/orders/7", answer=OK)
    assert (event["rawPath"], event["requestContext"]["http"]["path"]) == (path, path)
    assert (event["requestContext"]["stage"], event.get("stageVariables")) == (
        stage or "$default",
        given and {"a": "b"},
    )
    _, event = asked(http(stage=given, version="1.0"), "GET", "/orders/7", answer=OK, headers={"X-A": "b"})
    assert (event["path"], event["requestContext"]["stage"]) == (path, stage or "$default")
    assert event["headers"]["x-a"] == "b"  # "All headernames are lowercased."


def test_a_stage_variable_names_the_function() -> None:
    uri = {
        "Fn::Sub": (
            "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/arn:aws:lambda:${AWS::Region}:"
            "${AWS::AccountId}:function:${!stageVariables.name}/invocations"
        )
    }
    stack = rest({"Integration": {**PROXY, "Uri": uri}}, {"StageName": "dev", "Variables": {"name": "Function"}})
    assert asked(stack, "GET", "/x", answer=OK)[0].status == 200


def test_an_event_that_grows_too_large_in_base64_is_refused() -> None:
    with pytest.raises(ValueError, match=r"an event of .* Lambda takes up to"):
        asked(url(), "POST", "/", b"\xff" * 5_000_000, answer=OK)
