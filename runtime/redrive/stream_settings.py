"""What is known of one stream, from the construct and by hand."""

from __future__ import annotations

from redrive.settings import StreamSettings, read_stream
from redrive.written_settings import written

_CONSUMER = "/consumer/"


def settings_for(source_arn: str, given: StreamSettings | None) -> StreamSettings:
    """The settings of one stream.

    Settings for the stream hold for a consumer registered with it, too: AWS does not say which of the two records name
    as their source with enhanced fan-out. The form of a consumer's ARN: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Consumer.html

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
