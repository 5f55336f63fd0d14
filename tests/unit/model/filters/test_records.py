"""Filters of event source mappings: which part of a record they see, and what happens to data of another form."""

import json
from base64 import b64encode
from typing import Any

import pytest

from redrive_model.filters.errors import PatternError
from redrive_model.filters.records import DataKey, check, compiled, read

JSON, TEXT, OTHER = {"x": {"y": ["a"]}}, ["plain"], {"messageId": ["m"]}
#: Pattern of the body, body, and whether the message passes.
#: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs-filtering.html, the table at its end.
BODIES: list[tuple[Any, str, bool]] = [
    ({"body": TEXT}, "plain", True),
    ({"body": TEXT}, "other", False),
    ({"body": [{"prefix": "pl"}]}, "plain", True),
    (OTHER, "plain", True),
    (OTHER, '{"x": 1}', True),
    ({"messageId": ["n"]}, "plain", False),
    ({"body": JSON}, "plain", False),
    ({"body": {"x": [{"exists": False}]}}, "plain", False),  # dropped, not absent
    ({"body": {"x": [{"exists": False}]}}, "{}", True),
    ({"body": {"x": {"y": [{"exists": False}]}}}, "{}", True),
    ({"body": TEXT}, '["plain"]', False),
    ({"body": [{"anything-but": "plain"}]}, '{"x": 1}', False),
    ({"body": JSON}, '{"x": {"y": "a"}}', True),
    ({"body": JSON}, '{"x": {"y": "b"}}', False),
    ({"body": JSON}, '[{"x": {"y": "a"}}]', True),
    ({"body": {"n": [300]}}, '{"n": 3.0e2}', True),
    ({"body": {"n": [{"numeric": ["=", 0.1]}]}}, '{"n": 0.1}', True),
    ({"body": {"n": [{"exists": True}]}}, '{"n": NaN}', False),  # no JSON
    ({"body.x": {"y": ["a"]}}, '{"x": {"y": "a"}}', True),
    ({"body": ["42"]}, "42", True),
    ({"$or": [{"body": JSON}, OTHER]}, '{"x": {"y": "b"}}', True),
    ({"$or": [{"body": JSON}, OTHER]}, "plain", False),  # the pattern expects JSON
]
#: https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis-filtering.html, the table at its end.
DATA: list[tuple[Any, bytes, bool]] = [
    ({"data": JSON}, b'{"x": {"y": "a"}}', True),
    ({"data": JSON}, b'{"x": {"y": "b"}}', False),
    ({"data": JSON}, b"plain", False),
    ({"data": JSON}, b"\xff", False),
    ({"data": {"x": [{"exists": False}]}}, b"plain", False),
    ({"partitionKey": ["orders"]}, b"plain", True),
    ({"partitionKey": ["orders"]}, b"\xff", True),
    ({"partitionKey": ["other"], "data": JSON}, b'{"x": {"y": "a"}}', False),
]
#: https://docs.aws.amazon.com/lambda/latest/dg/with-ddb-filtering.html; recorded on AWS by LocalStack
#: (test_lambda_integration_dynamodbstreams.py, commit 8b9a79f0): all values are texts, creation times are numbers.
IMAGES: list[tuple[Any, bool]] = [
    ({"eventName": ["INSERT"]}, True),
    ({"eventName": ["MODIFY"]}, False),
    ({"dynamodb": {"NewImage": {"n": {"N": ["42"]}}}}, True),
    ({"dynamodb": {"NewImage": {"n": {"N": [{"numeric": [">", 0]}]}}}}, False),
    ({"dynamodb": {"NewImage": {"n": [{"exists": True}]}}}, False),
    ({"dynamodb": {"NewImage": {"n": [{"exists": False}]}}}, True),
    ({"dynamodb": {"NewImage": {"n": {"N": [{"exists": True}]}}}}, True),
    ({"dynamodb": {"NewImage": {"list": {"L": {"S": [{"exists": True}]}}}}}, True),
    ({"dynamodb": {"OldImage": {"n": {"N": [{"exists": False}]}}}}, True),
    ({"dynamodb": {"ApproximateCreationDateTime": [{"numeric": [">", 0]}]}}, True),
]


def passes(pattern: Any, key: DataKey, record: dict[str, Any]) -> bool:
    passes_filters = compiled([json.dumps(pattern)], key)
    assert passes_filters is not None
    return passes_filters(record)


@pytest.mark.parametrize(("pattern", "body", "expected"), BODIES)
def test_a_message_passes_if_its_body_has_the_form_and_the_values(pattern: Any, body: str, expected: bool) -> None:
    assert passes(pattern, "body", {"messageId": "m", "body": body}) is expected


@pytest.mark.parametrize(("pattern", "data", "expected"), DATA)
def test_a_record_of_kinesis_passes_by_its_data_and_metadata(pattern: Any, data: bytes, expected: bool) -> None:
    record = {"eventID": "e", "kinesis": {"partitionKey": "orders", "data": b64encode(data).decode()}}
    assert passes(pattern, "data", record) is expected


@pytest.mark.parametrize(("pattern", "expected"), IMAGES)
def test_a_record_of_dynamodb_passes_by_its_images(pattern: Any, expected: bool) -> None:
    image = {"n": {"N": "42"}, "list": {"L": [{"S": "a"}, {"S": "b"}]}}
    record = {"eventName": "INSERT", "dynamodb": {"ApproximateCreationDateTime": 1_733_418_659.0, "NewImage": image}}
    assert passes(pattern, "dynamodb", record) is expected


def test_one_of_several_filters_is_enough() -> None:
    both = compiled([json.dumps({"body": JSON}), json.dumps({"body": TEXT})], "body")
    assert both is not None
    assert [both({"body": body}) for body in ('{"x": {"y": "a"}}', "plain", "other")] == [True, True, False]


def test_without_filters_there_is_nothing_to_pass() -> None:
    assert compiled([], "body") is None


@pytest.mark.parametrize("key", ["data", "dynamodb"])
def test_a_pattern_for_the_data_of_a_stream_is_an_object(key: DataKey) -> None:
    """Lambda "throws an exception at the time of the event source mapping creation"."""
    complaint = check(f'{{"{key}": ["plain"]}}', key)
    assert complaint is not None
    assert complaint.endswith(f'write {{"{key}": {{"field": [values]}}}}')
    assert check('{"body": ["plain"]}', "body") is None


@pytest.mark.parametrize("pattern", ["null", "simple string", '{"eventSource": "aws:sqs"}', '{"eventSource": []}'])
def test_a_filter_is_refused_as_recorded(pattern: str) -> None:
    """LocalStack, test_lambda_integration_sqs.py: Lambda answers "Invalid filter pattern definition"."""
    assert check(pattern, "body") is not None
    with pytest.raises(PatternError):
        read(pattern, "body")
