"""The links of the dashboard, in every Region and partition."""

# The CDK's own classes do not fit its interfaces for a type checker: https://github.com/aws/jsii/issues/4541
# pyright: reportArgumentType=false

from functools import cache
from typing import Any

import pytest
from aws_cdk import aws_logs as logs

from redrive_cdk import (
    FailureDashboard,
    SqsConsumer,
)
from tests.support.constructs.cdk import Synthesized, new_stack, python_function
from tests.support.constructs.monitoring.dashboards import body_over, consumer, text, whole_dashboard
from tools.dashboard_body import bodies


@pytest.fixture(scope="module")
def whole() -> dict[str, Any]:
    return whole_dashboard().body


def test_links_lead_to_queues_functions_and_logs() -> None:
    stack = new_stack()
    orders = consumer(stack)
    body, synthesized = body_over(orders), Synthesized(stack)
    head = text(body, "## Orders")
    dead_letters, function = synthesized.id(orders.dead_letter_queue), synthesized.id(orders.function)
    console = "https://eu-west-1.console.aws.amazon.com"
    assert (
        f"[dead-letter queue]({console}/sqs/v3/home?region=eu-west-1#/queues/"
        f"https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F111111111111%2F{dead_letters})"
    ) in head
    assert f"[function]({console}/lambda/home?region=eu-west-1#/functions/{function}?tab=monitoring)" in head
    log = f"{console}/cloudwatch/home?region=eu-west-1#logsV2:log-groups/log-group/$252Faws$252Flambda$252F{function}"
    assert f"[log]({log})" in head


@pytest.mark.parametrize(
    ("name", "address"), [("/shop/orders", "$252Fshop$252Forders"), (None, "Logs6819BB44"), ("a b", "a$2520b")]
)
def test_a_log_group_that_was_chosen_is_linked_to(name: str | None, address: str) -> None:
    stack = new_stack()
    group = logs.LogGroup(stack, "Logs", log_group_name=name)
    body = body_over(SqsConsumer(stack, "Orders", function=python_function(stack, log_group=group)))
    assert f"#logsV2:log-groups/log-group/{address})" in text(body, "## Orders")


def test_links_lead_to_all_kinds_of_places(whole: dict[str, Any]) -> None:
    streams, tables, mails, done = (text(whole, f"## {name}") for name in ("Readings", "Changes", "Mails", "Done"))
    assert "/s3/buckets/ReadingsFailureBucket" in streams
    assert "#/streams/details/ReadingsStream" in streams
    assert "[records set aside (queue)](https://eu-west-1.console.aws.amazon.com/sqs/" in streams
    assert "#table?name=ChangesTable" in tables
    assert "[dead letters](https://eu-west-1.console.aws.amazon.com/sqs/" in mails
    assert "[function](" in mails
    assert "#table?name=DoneTable" in done


def evaluated(template: dict[str, Any], expression: Any, partition: str) -> Any:
    """An expression, with its conditions decided as in a partition."""
    match expression:
        case {"Fn::If": [condition, yes, no]}:
            found = template["Conditions"][condition]["Fn::Equals"]
            holds = found == [{"Ref": "AWS::Partition"}, partition]
            return evaluated(template, yes if holds else no, partition)
        case dict():
            return {name: evaluated(template, value, partition) for name, value in expression.items()}
        case list():
            return [evaluated(template, value, partition) for value in expression]
        case _:
            return expression


@cache
def template_without_a_region() -> dict[str, Any]:
    stack = new_stack()
    FailureDashboard(stack, "Failures", watch=[consumer(stack)])
    return Synthesized(stack).template


@pytest.mark.parametrize(
    ("partition", "domain"),
    [
        ("aws", "console.aws.amazon.com"),
        ("aws-cn", "console.amazonaws.cn"),
        ("aws-us-gov", "console.amazonaws-us-gov.com"),
        ("aws-eusc", "console.amazonaws-eusc.eu"),
        ("aws-new", "console.aws.amazon.com"),
    ],
)
def test_links_work_in_every_partition_where_the_stack_does_not_name_its_region(partition: str, domain: str) -> None:
    template = template_without_a_region()
    (body,) = bodies(evaluated(template, template, partition)).values()
    assert f"(https://eu-west-1.{domain}/lambda/" in text(body, "## Orders")


@pytest.mark.parametrize(
    ("region", "domain"),
    [
        ("eu-west-3", "console.aws.amazon.com"),
        ("cn-north-1", "console.amazonaws.cn"),
        ("us-gov-west-1", "console.amazonaws-us-gov.com"),
        ("eusc-de-east-1", "console.amazonaws-eusc.eu"),
    ],
)
def test_links_are_plain_where_the_stack_names_its_region(region: str, domain: str) -> None:
    stack = new_stack(env={"region": region, "account": "111111111111"})
    FailureDashboard(stack, "Failures", watch=[consumer(stack)])
    template = Synthesized(stack).template
    assert "Conditions" not in template
    (body,) = bodies(template).values()
    assert f"(https://{region}.{domain}/lambda/home?region={region}#" in text(body, "## Orders")
