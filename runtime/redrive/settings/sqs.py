"""Defines and reads the settings of SQS sources, one set for each queue."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.settings.base import Settings, first_settings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.failures.backoff import Backoff
    from redrive.settings.values import Arn, QueueUrl, Seconds


class SqsSettings(Settings, kw_only=True):
    """Settings of `@sqs_handler` for one source queue. `None` means not known.

    A construct writes all of them. For functions that the constructs did not make, pass the ones that apply by hand:
    `@sqs_handler(settings=SqsSettings(dead_letter_queue_url=…, max_receive_count=5))`.

    Attributes:
        source_arn: The ARN of the queue that these settings are for. `None`: every queue.
        queue_url: The source queue's URL, for `ChangeMessageVisibilityBatch` and `SendMessageBatch`. `None`: made from
            the record's `eventSourceARN`.
        dead_letter_queue_url: The URL of the queue to which permanent failures are sent. `None`: they are retried like
            any other failure.
        max_receive_count: `maxReceiveCount` of the redrive policy, for `message.is_last_receive` and for sending
            messages back at their last receive. `None`: none is sent back.
        function_timeout: The function's timeout in seconds.
        retention_period: The source queue's message retention in seconds. No retry is delayed past it, and a message
            is sent back for no longer than that after its first send. `None`: four days for the latter.
        backoff: The wait between receives. `None`: `Backoff(base=5, cap=900, jitter="equal")`.
    """

    KIND = "SQS"

    source_arn: Arn | None = None
    queue_url: QueueUrl | None = None
    dead_letter_queue_url: QueueUrl | None = None
    max_receive_count: int | None = None
    function_timeout: Seconds | None = None
    retention_period: Seconds | None = None
    backoff: Backoff | None = None


def read_sqs(environment: Mapping[str, str], source_arn: str) -> SqsSettings:
    """Return the settings of one source queue, empty if there are none."""
    found = first_settings(SqsSettings, environment, lambda settings: settings.source_arn in (None, source_arn))
    return found or _NO_SQS


_NO_SQS = SqsSettings()
