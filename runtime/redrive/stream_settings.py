"""What is known of one stream, from the construct and by hand."""

from __future__ import annotations

from redrive.settings import StreamSettings, read_stream
from redrive.written_settings import written

_CONSUMER = "/consumer/"


def settings_for(source_arn: str, given: StreamSettings | None) -> StreamSettings:
    """The settings of one stream.

    With enhanced fan-out records name the stream's consumer as their source; settings for the stream hold for it, too.
    The form of its ARN: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html

    Args:
        source_arn: The record's `eventSourceARN`.
        given: What was given by hand, if anything.

    Returns:
        What was given by hand, as far as it is for this stream, over what the construct has written.
    """
    stream_arn = source_arn.partition(_CONSUMER)[0]
    found = written(read_stream, source_arn)
    if found is not None and found.as_dict() == StreamSettings().as_dict() and stream_arn != source_arn:
        found = written(read_stream, stream_arn)
    if given is None or given.source_arn not in (None, source_arn, stream_arn):
        given = StreamSettings()
    return given if found is None else given.over(found)
