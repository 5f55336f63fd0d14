"""Combines the settings of a stream from the construct and from code."""

from __future__ import annotations

from redrive.settings import StreamSettings, read_stream
from redrive.written_settings import written

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
