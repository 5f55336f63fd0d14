"""Descriptions of the alarms for messages that were never started."""

from aws_cdk import aws_cloudwatch as cloudwatch

from redrive_cdk import SqsConsumer
from tests.support.constructs.cdk import Synthesized, deployed, new_stack, python_function


def test_the_alarms_name_the_metrics_of_messages_that_were_not_started() -> None:
    stack = new_stack()
    consumer = SqsConsumer(stack, "Orders", function=python_function(stack, "Function"))
    synthesized = Synthesized(stack)

    def text(alarm: cloudwatch.Alarm | None) -> str:
        assert alarm is not None
        return deployed(synthesized.properties(alarm)["AlarmDescription"])

    assert "Untried" in text(consumer.dead_letter_alarm)
    assert "no time was left" in text(consumer.dead_letter_alarm)
    assert "SentBack" in text(consumer.age_alarm)
