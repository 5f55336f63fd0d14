"""The descriptions of alarms: whole where they fit, and never longer than CloudWatch takes."""

import pytest
from aws_cdk import Stack, Stage

from redrive_cdk import SqsConsumer
from redrive_cdk.monitoring.failure_alarm import fitting
from tests.support.constructs.cdk import Synthesized, deployed, new_app, new_stack, python_function

MOST = 1_024
TOKEN = "${Token[TOKEN.123]}"
LONGEST_ARN = "arn:aws-us-gov:sqs:ap-southeast-2:111111111111:" + "q" * 80


def test_the_longest_names_of_a_consumer_leave_the_commands_whole() -> None:
    """The ARNs are as long as they can be after the deployment."""
    app = new_app()
    stack = Stack(Stage(app, "Production" * 6), "Shop" * 12)
    consumer = SqsConsumer(stack, "Orders" * 8, function=python_function(stack))
    found = Synthesized(stack).properties(consumer.dead_letter_alarm)["AlarmDescription"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else LONGEST_ARN for part in found)
    assert len(text) <= MOST
    assert f"redrive replay {LONGEST_ARN}" in text
    assert f"--source-arn {LONGEST_ARN} --destination-arn {LONGEST_ARN}." in text
    assert "Untried" not in text


def test_with_usual_names_nothing_is_left_out() -> None:
    stack = new_stack("Shop")
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack))
    text = deployed(Synthesized(stack).properties(consumer.dead_letter_alarm)["AlarmDescription"])
    assert text.endswith("smaller batches.")


@pytest.mark.parametrize(
    ("description", "left"),
    [
        ("It failed. Look.", "It failed. Look."),
        ("Unsent mail", "Unsent mail"),
        (f"It failed. {'x' * MOST}. Look.", "It failed."),
        (f"It failed. Look at {TOKEN}. {'x' * 900}.", f"It failed. Look at {TOKEN}."),
        (f"It failed. Look at {TOKEN}. {'x' * 860}.", f"It failed. Look at {TOKEN}. {'x' * 860}."),
    ],
)
def test_whole_sentences_are_left_out_from_the_end(description: str, left: str) -> None:
    assert fitting(description) == left
