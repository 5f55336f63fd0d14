"""Writes the commands by which a person brings failed events back, with the names that the deployment gives."""

from __future__ import annotations


def replay(where: str) -> str:
    """Return the command that replays the failures in a queue (its ARN) or a bucket (`s3://…`)."""
    return f"redrive replay {where}"


def move_back(dead_letters: str, queue: str) -> str:
    """Return the command that moves all messages of a dead-letter queue to a queue; both are ARNs.

    Without the destination, the task fails with `CouldNotDetermineMessageSource` for messages that the helper sent:
    SQS knows a source only for those that it moved itself.
    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-configure-dead-letter-queue-redrive.html
    """
    return f"aws sqs start-message-move-task --source-arn {dead_letters} --destination-arn {queue}"
