"""Defines and reads the settings of stream sources, and combines them with those given in code."""

from __future__ import annotations

from collections.abc import Mapping

from redrive.settings.base import Settings, first_settings, written

TYPE_CHECKING = False
if TYPE_CHECKING:
    from redrive.settings.values import Arn, BucketName, QueueUrl, Seconds


class StreamSettings(Settings, kw_only=True):
    """Settings of `@kinesis_handler` and `@dynamodb_stream_handler` for one source stream. `None` means not known.

    A construct writes the settings of what it sets up. For functions that the constructs did not make, pass them by
    hand: `@kinesis_handler(settings=StreamSettings(set_aside_queue_url=…))`.

    Attributes:
        source_arn: The ARN of the stream that these settings are for, also when a consumer registered with it reads it.
            `None`: every stream.
        set_aside_queue_url: The URL of the SQS queue to which permanent failures are sent.
        set_aside_bucket: The name of the S3 bucket to which permanent failures are written if there is no queue or they
            do not fit into a message. With neither queue nor bucket they are retried like any other failure.
        set_aside_prefix: The prefix of the object keys in that bucket.
        function_timeout: The function's timeout in seconds.
    """

    KIND = "STREAM"

    source_arn: Arn | None = None
    set_aside_queue_url: QueueUrl | None = None
    set_aside_bucket: BucketName | None = None
    set_aside_prefix: str | None = None
    function_timeout: Seconds | None = None


def read_stream(environment: Mapping[str, str], source_arn: str) -> StreamSettings:
    """Return the settings of one source stream, empty if there are none."""
    found = first_settings(StreamSettings, environment, lambda settings: settings.source_arn in (None, source_arn))
    return found or StreamSettings()


_CONSUMER = "/consumer/"


def settings_for(source_arn: str, given: StreamSettings | None) -> StreamSettings:
    """Return the settings given in code, if they are for this stream, over those that the construct wrote."""
    # With enhanced fan-out, AWS does not document whether records name the stream or the consumer as their source, so a
    # stream's settings also apply to its consumers. The form of a consumer's ARN:
    # https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html
    stream_arn = source_arn.partition(_CONSUMER)[0]
    found = written(read_stream, source_arn)
    if found is not None and found.as_dict() == StreamSettings().as_dict() and stream_arn != source_arn:
        found = written(read_stream, stream_arn)
    if given is None or given.source_arn not in (None, source_arn, stream_arn):
        given = StreamSettings()
    return given if found is None else given.over(found)
