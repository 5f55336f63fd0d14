"""Writes a sentence once for two readers: who gives options to a construct, and who writes a template."""

from __future__ import annotations

import re

# Around and between the two wordings; no text of a template has these characters.
_EITHER = re.compile("\x01([^\x02]*)\x02([^\x03]*)\x03")
# The properties of CloudFormation that are set by the options of constructs.
_PROPERTIES = {
    "batch_size": "BatchSize",
    "bisect_batch": "BisectBatchOnFunctionError",
    "dead_letter_queue": "DeadLetterConfig",
    "delivery_delay": "DelaySeconds",
    "max_batching_window": "MaximumBatchingWindowInSeconds",
    "max_concurrency": "ScalingConfig.MaximumConcurrency",
    "max_event_age": "MaximumEventAgeInSeconds",
    "max_receive_count": "maxReceiveCount",
    "max_record_age": "MaximumRecordAgeInSeconds",
    "on_failure": "DestinationConfig.OnFailure",
    "on_success": "DestinationConfig.OnSuccess",
    "parallelization_factor": "ParallelizationFactor",
    "retention_period": "MessageRetentionPeriod",
    "retry_attempts": "MaximumRetryAttempts",
    "starting_position": "StartingPosition",
    "starting_position_timestamp": "StartingPositionTimestamp",
    "tumbling_window": "TumblingWindowInSeconds",
}


def either(construct: str, template: str) -> str:
    """Return the wording for the author of a construct and that for the author of a template, as part of a sentence."""
    return f"\x01{construct}\x02{template}\x03"


def named(option: str) -> str:
    """Return the name of a construct's option, or of its property in a template, as part of a sentence."""
    return either(option, _PROPERTIES.get(option, option))


def given(option: str, value: object) -> str:
    """Return an option with its value, as part of a sentence: `batch_size=10`, or `BatchSize 10`."""
    return f"{named(option)}{either('=', ' ')}{value}"


def for_constructs(sentence: str) -> str:
    """Return a sentence for the author of a construct."""
    return _EITHER.sub(r"\1", sentence)


def for_templates(sentence: str) -> str:
    """Return a sentence for the author of a template."""
    return _EITHER.sub(r"\2", sentence)
